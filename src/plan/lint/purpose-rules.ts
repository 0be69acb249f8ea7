/** Rules about work in the wrong phase: what has to be so before the service starts comes too late in post_start. */

import type { Rule } from './rule.ts';
import type { Invocation } from './words.ts';
import { commandsOf } from './words.ts';

const PERMISSIONS = new Set(['chown', 'chmod', 'chgrp', 'setfacl']);

/** Command lines of the usual migration tools. */
const MIGRATIONS: readonly RegExp[] = [
  /^alembic\b.* upgrade\b/,
  /\bmanage\.py migrate\b/,
  /^(?:django-admin|flask db|migrate|flyway|knex|typeorm|sequelize(?:-cli)?|prisma|drizzle-kit|goose|dbmate|atlas)\b.*\b(?:migrate|migration:run|upgrade|up|apply|deploy|latest)\b/,
  /\b(?:rails|rake)\b.* db:migrate\b/,
  /\bartisan migrate\b/,
  /\b(?:diesel|sqlx) (?:migration|migrate) run\b/,
  /\bliquibase\b.* update\b/,
  /\bdoctrine:migrations:migrate\b/,
  /\b(?:db|database)[:-]migrate\b/,
];
/** Runners that stand before a tool's name. */
const RUNNERS =
  /^(?:npx|pnpm|yarn|bunx?|npm (?:exec|run)|bundle exec|poetry run|uv run|pipenv run|python3? -m|exec)\s+(?:--\s+)?/;

export const permissionsInPostStart: Rule = ({ phase, words }) => {
  if (phase !== 'post_start') return undefined;
  const found = commandsOf(words).find(({ program }) => PERMISSIONS.has(program));
  if (!found) return undefined;
  return {
    message: `${found.program} runs beside the service, which has started by then with the permissions as they were`,
    remedy: 'make it a pre_start hook, which runs before the first start',
  };
};

export const migrationInPostStart: Rule = ({ phase, words }) => {
  const tool = phase === 'post_start' ? migrationOf(words) : undefined;
  if (tool === undefined) return undefined;
  return {
    message: `"${tool}" runs while the service already serves, in each replica and after every start`,
    remedy: 'make it a pre_start hook, which runs once and before the start',
  };
};

export const migrationFailureIgnored: Rule = ({ words, hook }) => {
  const tool = hook.policy.onFailure === 'continue' ? migrationOf(words) : undefined;
  if (tool === undefined) return undefined;
  return {
    message: `a failure of "${tool}" is passed over, and the service goes on with the old schema`,
    remedy: 'leave out on_failure: continue',
  };
};

function migrationOf(words: readonly string[]): string | undefined {
  const lines = commandsOf(words).map(lineOf);
  return lines.find((line) => MIGRATIONS.some((pattern) => pattern.test(line)));
}

function lineOf({ program, args }: Invocation): string {
  return [program, ...args].join(' ').replace(RUNNERS, '').slice(0, 120);
}
