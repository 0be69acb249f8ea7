import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hookRequest } from '../../../src/execute/hook-request.ts';
import { carriedHooks, readHooks, writeHooks, type CarriedHook } from '../../../src/model/carried-hook.ts';
import { hook, project } from '../../support/world.ts';

/** A post_start hook with this environment, as it comes out of its container's label. */
function carried(environment: Readonly<Record<string, string | null>>, values: readonly string[] = []): CarriedHook {
  const service = project({ web: { post_start: [{ ...hook('register'), environment }] } }).services['web'];
  assert.ok(service);
  const [one] = readHooks(writeHooks(carriedHooks(service, new Set(values))))?.post_start ?? [];
  assert.ok(one);
  return one;
}

test('a variable without a value goes out by its name alone, which takes it from the hook, as in Docker Compose', () => {
  const request = hookRequest(carried({ GONE: null, EMPTY: '', SET: 'x' }), { values: () => undefined });
  assert.ok(request.ok);
  assert.deepEqual(request.exec.environment, ['GONE', 'EMPTY=', 'SET=x']);
});

test('a withheld value is put back, and one that is lost is a refusal', () => {
  const one = carried({ TOKEN: 'hunter2', GONE: null }, ['hunter2']);
  const request = hookRequest(one, { values: () => ({ TOKEN: 'hunter2' }) });
  assert.ok(request.ok);
  assert.deepEqual(request.exec.environment, ['TOKEN=hunter2', 'GONE']);
  assert.equal(hookRequest(one, { values: () => undefined }).ok, false);
});
