import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { hookDigest } from '../../../../src/model/carried-hook.ts';
import { DEFAULT_HOOK_POLICY } from '../../../../src/model/hook.ts';
import type { Hook, HookPhase, HookPolicy, HookRecord } from '../../../../src/model/hook.ts';
import type { HookSource } from '../../../../src/model/lint.ts';
import { LINT_CODES } from '../../../../src/model/lint.ts';
import { lintHooks } from '../../../../src/plan/lint/lint.ts';
import { programQuestions } from '../../../../src/plan/lint/programs.ts';
import { container, observed, project, type ServiceSketch } from '../../../support/world.ts';

interface Sketch {
  readonly phase?: HookPhase;
  readonly policy?: Partial<HookPolicy>;
  readonly service?: ServiceSketch;
  readonly cutOff?: string;
  readonly runs?: readonly Partial<HookRecord>[];
  readonly allowed?: HookSource['allowed'];
  readonly absent?: string;
}

/** `code: message` of each finding on one hook. */
function linted(command: readonly string[], sketch: Sketch = {}): string[] {
  const { phase = 'post_start', policy, service, cutOff, runs = [], allowed = [], absent } = sketch;
  const hook: Hook = { command, policy: { ...DEFAULT_HOOK_POLICY, ...policy } };
  const shop = project({ web: { ...service, [phase]: [hook] } });
  const place = { file: '/srv/compose.yaml', line: 1, column: 1, sourceLine: '' };
  const [web] = [container(shop, 'web')];
  return lintHooks({
    project: shop,
    sources: [{ service: 'web', phase, index: 0, place, cutOff, allowed }],
    runs: runs.map((run, id) => ({
      id,
      project: 'shop',
      service: 'web',
      replica: 1,
      containerId: web.id,
      startedAt: '',
      phase,
      index: 0,
      digest: hookDigest(hook),
      command,
      cause: '',
      attempt: 1,
      outcome: 'succeeded',
      beganAtMs: 0,
      ...run,
    })),
    absentPrograms: new Map(absent === undefined ? [] : [[`web ${phase}[0]`, absent]]),
  }).map(({ code, message }) => `${code}: ${message}`);
}

/** Codes of the findings on a command that `sh -c` is given. */
function codesOf(command: readonly string[], sketch: Sketch = {}): string[] {
  return linted(command, sketch).map((line) => line.split(':', 1)[0] ?? '');
}

suite('work that belongs before the start', () => {
  for (const command of [
    ['chown', '-R', 'app', '/data'],
    ['/bin/chmod', '700', '/x'],
    ['sh', '-c', 'cd /srv && chown -R app .'],
    ['gosu', 'root', 'chgrp', 'app', '/x'],
    ['sh', '-c', 'if true; then env A=1 chmod 1 /x; fi'],
  ]) {
    test(`${command.join(' ')} in post_start is permissions-in-post-start`, () => {
      assert.deepEqual(codesOf(command), ['permissions-in-post-start']);
      assert.deepEqual(codesOf(command, { phase: 'pre_start' }), []);
    });
  }

  for (const line of [
    'python manage.py migrate --noinput',
    'bundle exec rails db:migrate',
    'npx prisma migrate deploy',
    'alembic -c a.ini upgrade head',
    'php artisan migrate',
    'flyway -url=x migrate',
    'knex migrate:latest',
    'npm run db:migrate',
    'goose -dir m up',
  ]) {
    test(`${line} in post_start is migration-in-post-start`, () => {
      assert.deepEqual(codesOf(line.split(' ')), ['migration-in-post-start']);
      assert.deepEqual(codesOf(['sh', '-c', `cd /app && ${line}`]), ['migration-in-post-start']);
      assert.deepEqual(codesOf(line.split(' '), { phase: 'pre_start', policy: { onFailure: 'continue' } }), [
        'migration-failure-ignored',
      ]);
    });
  }

  test('words that only look like it are let pass', () => {
    for (const line of ['curl http://x/migrate', 'echo chown', 'register --upgrade', 'ip link set up', 'migrate-me'])
      assert.deepEqual(codesOf(line.split(' ')), []);
  });
});

suite('shell syntax', () => {
  for (const command of [
    ['echo', 'a', '&&', 'echo', 'b'],
    ['ps', '|', 'wc'],
    ['date', '>', '/tmp/x'],
    ['date', '>>/tmp/x'],
    ['a', '2>&1'],
    ['echo', 'a;', 'echo', 'b'],
    ['curl', '-d', '{"id":"$HOSTNAME"}', 'http://x'],
    ['echo', '${NAME:-x}'],
    ['echo', '$(hostname)'],
    ['rm', '-f', '/tmp/*.pid'],
    ['cat', '~/x'],
  ]) {
    test(`${JSON.stringify(command)} without a shell is shell-syntax-without-shell`, () => {
      assert.deepEqual(codesOf(command, { phase: 'pre_stop' }), ['shell-syntax-without-shell']);
    });
  }

  for (const command of [
    ['sh', '-c', 'echo a && echo $B > /tmp/x; rm /tmp/*'],
    ['env', 'A=1', 'bash', '-ec', 'a | b'],
    ['su', 'app', '-c', 'a && b'],
    ['awk', '{print $NF}', '/x'],
    ['find', '/x', '-name', '*.log', '-exec', 'rm', '{}', ';'],
    ['psql', '-c', 'select $$a$$;'],
    ['curl', 'http://x/?a=1&b=2'],
    ['redis-cli', 'KEYS', '*'],
    ['echo', 'costs $5'],
  ]) {
    test(`${JSON.stringify(command)} is let pass`, () => assert.deepEqual(codesOf(command, { phase: 'pre_stop' }), []));
  }

  test('what an operator cuts off from a text is command-cut-short', () => {
    assert.deepEqual(linted(['echo', 'a'], { cutOff: '&& echo b' }), [
      'command-cut-short: everything from "&& echo b" on is dropped: the text is split into words, and no shell reads it',
    ]);
    assert.deepEqual(linted(['echo', 'a'], { cutOff: ';' }), []);
  });

  test('a whole command in one word is command-in-one-word', () => {
    assert.deepEqual(codesOf(['echo hello']), ['command-in-one-word']);
    assert.deepEqual(codesOf(['/register.sh']), []);
  });

  test('a shell without -c is shell-without-c, unless it is given a file', () => {
    assert.deepEqual(codesOf(['sh', 'echo a && b']), ['shell-without-c']);
    assert.deepEqual(codesOf(['sh', '-e', '/register.sh', 'some words']), []);
    assert.deepEqual(codesOf(['bash', '-lc', 'echo a']), []);
  });

  test('words after a script that reads none are words-after-script', () => {
    assert.deepEqual(codesOf(['sh', '-c', 'echo', 'hello']), ['words-after-script']);
    assert.deepEqual(codesOf(['sh', '-c', 'echo "$1"', 'sh', 'hello']), []);
  });
});

suite('time', () => {
  const stop = { phase: 'pre_stop', service: { stop_grace_period: 30e9 } } as const;

  test('a pre_stop without a deadline of its own beside a stop_grace_period is long-stop', () => {
    assert.deepEqual(linted(['drain'], stop), [
      'long-stop: may hold a stop for 5 min: stop_grace_period (30 s) begins after it and does not bound it',
    ]);
    assert.deepEqual(linted(['drain'], { ...stop, policy: { timeoutMs: 60_000 } }), []);
    assert.deepEqual(linted(['drain'], { phase: 'pre_stop' }), []);
    assert.deepEqual(linted(['drain'], { ...stop, phase: 'post_start' }), []);
  });

  test('retries that add up to more than ten minutes are long-stop', () => {
    assert.deepEqual(linted(['drain'], { phase: 'pre_stop', policy: { retries: 3 } }), [
      'long-stop: may hold a stop for 20 min 7 s with its 3 retries: the stop grace begins after it and does not bound it',
    ]);
  });

  test('runs near the deadline are close-to-deadline', () => {
    const policy = { timeoutMs: 10_000 };
    assert.deepEqual(linted(['drain'], { policy, runs: [{ durationMs: 7900 }] }), []);
    assert.deepEqual(linted(['drain'], { policy, runs: [{ durationMs: 8500 }, { durationMs: 1 }] }), [
      'close-to-deadline: has taken 9 s of the 10 s it may take',
    ]);
    assert.deepEqual(linted(['drain'], { policy, runs: [{ durationMs: 10_001, outcome: 'timed-out' }, {}] }), [
      'close-to-deadline: has taken 10 s of the 10 s it may take, and ran out of time in 1 of the last 2',
    ]);
  });

  test('after: healthy with a healthcheck that is off is never-healthy', () => {
    const policy = { after: 'healthy' } as const;
    assert.deepEqual(codesOf(['a'], { policy, service: { healthcheck: { disable: true } } }), ['never-healthy']);
    assert.deepEqual(codesOf(['a'], { policy, service: { healthcheck: { test: ['NONE'] } } }), ['never-healthy']);
    assert.deepEqual(codesOf(['a'], { policy }), []);
  });
});

suite('programs that cannot be run', () => {
  test('what was refused or not found the last time is could-not-run-before', () => {
    assert.deepEqual(
      linted(['a'], { runs: [{ outcome: 'refused', message: 'was refused by the engine: no\nmore' }] }),
      ['could-not-run-before: could not be run the last time: it was refused by the engine: no'],
    );
    for (const exitCode of [126, 127])
      assert.deepEqual(codesOf(['a'], { runs: [{ outcome: 'failed', exitCode }] }), ['could-not-run-before']);
    assert.deepEqual(codesOf(['a'], { runs: [{ outcome: 'failed', exitCode: 1 }] }), []);
    assert.deepEqual(codesOf(['a'], { runs: [{ outcome: 'failed', exitCode: 127 }, { exitCode: 0 }] }), []);
    assert.deepEqual(codesOf(['a'], { runs: [{ outcome: 'failed', exitCode: 127, digest: 'another' }] }), []);
  });

  test('what the image is known not to have is program-not-in-image', () => {
    assert.deepEqual(linted(['/register'], { absent: '/register' }), [
      'program-not-in-image: the image has no /register',
    ]);
  });

  test('the image is asked in a container of it, for paths that no mount covers', () => {
    const paths = (command: string, service: ServiceSketch = {}): unknown => {
      const hook: Hook = { command: [command], policy: DEFAULT_HOOK_POLICY };
      const shop = project({ web: { ...service, post_start: [hook] } });
      const images = new Map([['app', { id: 'sha256:app', volumes: [], searchPath: '/a:/b' }]]);
      const world = observed(shop, [container(shop, 'web')], { images });
      return programQuestions(shop, world, undefined).map((question) => question.paths);
    };
    assert.deepEqual(paths('/register'), [['/register']]);
    assert.deepEqual(paths('register'), [['/a/register', '/b/register']]);
    assert.deepEqual(paths('register', { environment: { PATH: '/c' } }), [['/c/register']]);
    assert.deepEqual(paths('./register'), []);
    assert.deepEqual(paths('./register', { working_dir: '/w' }), [['/w/./register']]);
    assert.deepEqual(paths('/hooks/register', { volumes: [{ type: 'bind', target: '/hooks', source: '/x' }] }), []);
  });

  test('a container of another image is not asked', () => {
    const hook: Hook = { command: ['/register'], policy: DEFAULT_HOOK_POLICY };
    const shop = project({ web: { post_start: [hook] } });
    assert.deepEqual(
      programQuestions(shop, observed(shop, [container(shop, 'web', 1, { imageId: 'sha256:old' })]), undefined),
      [],
    );
    assert.deepEqual(programQuestions(shop, observed(shop, []), undefined), []);
  });
});

suite('silencing', () => {
  test('a finding that the hook allows is not said, others are', () => {
    const command = ['sh', '-c', 'chown a b', 'c'];
    assert.deepEqual(codesOf(command), ['permissions-in-post-start', 'words-after-script']);
    assert.deepEqual(codesOf(command, { allowed: ['permissions-in-post-start'] }), ['words-after-script']);
    assert.deepEqual(codesOf(command, { allowed: LINT_CODES }), []);
  });
});
