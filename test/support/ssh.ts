/**
 * An `ssh` for the PATH of a program under test: it reaches a real sshd on loopback, with keys of its own, where there is
 * one to start (root, openssh-server); elsewhere it runs the command on this machine, which is what ssh would do there.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from './eventually.ts';

const sshd = '/usr/sbin/sshd';

export interface Ssh {
  /** The engine's address through it. */
  readonly host: string;
  /** To be put before PATH. */
  readonly path: string;
}

/** Runs until the test ends; `folder` is the test's own. */
export async function ssh(t: TestContext, folder: string): Promise<Ssh> {
  mkdirSync(folder, { recursive: true });
  const isReal = existsSync(sshd) && process.getuid?.() === 0;
  const wrapper = isReal ? await realSsh(t, folder) : onThisMachine();
  writeFileSync(join(folder, 'ssh'), `#!/bin/sh\n${wrapper}\n`);
  chmodSync(join(folder, 'ssh'), 0o755);
  return { host: 'ssh://root@reeve-test', path: folder };
}

/** Its arguments are `… -- HOST COMMAND…`; the other end does not know what address this one was given. */
function onThisMachine(): string {
  const engine = process.env['DOCKER_HOST'];
  const host = engine === undefined ? 'unset DOCKER_HOST' : `export DOCKER_HOST='${engine}'`;
  return `${host}; while [ "$1" != -- ]; do shift; done; shift 2; exec "$@"`;
}

async function realSsh(t: TestContext, folder: string): Promise<string> {
  const file = (name: string): string => join(folder, name);
  const port = randomInt(30_000, 40_000);
  for (const name of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
  writeFileSync(file('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(file('host.pub'), 'utf8')}`);
  const engine = process.env['DOCKER_HOST'];
  writeFileSync(
    file('sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${file('host')}`,
      `AuthorizedKeysFile ${file('user.pub')}`,
      'StrictModes no',
      'PermitRootLogin prohibit-password',
      'PidFile none',
      ...(engine === undefined ? [] : [`SetEnv DOCKER_HOST=${engine}`]),
      '',
    ].join('\n'),
  );
  writeFileSync(
    file('ssh_config'),
    [
      'Host reeve-test',
      'HostName 127.0.0.1',
      `Port ${port}`,
      `IdentityFile ${file('user')}`,
      'IdentitiesOnly yes',
      `UserKnownHostsFile ${file('known_hosts')}`,
      '',
    ].join('\n'),
  );
  mkdirSync('/run/sshd', { recursive: true });
  const server = spawn(sshd, ['-D', '-e', '-f', file('sshd_config')], { stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('close', resolve));
  t.after(async () => {
    server.kill();
    await ended;
  });
  await eventually(() => answers(port));
  return `exec /usr/bin/ssh -F ${file('ssh_config')} "$@"`;
}

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
