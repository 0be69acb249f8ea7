/** The real Docker Buildx, for builds that need BuildKit, kept apart from the machine's own plug-ins. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The `DOCKER_CONFIG` that has it; undefined where it cannot be had. */
export function buildxConfig(): string | undefined {
  const { status, stdout } = spawnSync('bash', [join(import.meta.dirname, 'buildx.sh')], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
