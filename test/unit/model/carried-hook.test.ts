import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  carriedHooks,
  readHooks,
  shownCommand,
  wholeCommand,
  withheldValues,
  writeHooks,
  type CarriedHook,
  type HookSet,
} from '../../../src/model/carried-hook.ts';
import { hook, project } from '../../support/world.ts';

const TOKEN = 'hunter2-very-secret';

/** One post_start hook as it is carried, where `values` came from outside the files. */
function carried(
  command: string,
  values: readonly string[],
  environment: Record<string, string> = {},
): { hooks: HookSet; one: CarriedHook } {
  const shop = project({ web: { post_start: [{ ...hook(command), environment }] } });
  const service = shop.services['web'];
  assert.ok(service);
  const hooks = carriedHooks(service, new Set(values));
  const [one] = hooks.post_start;
  assert.ok(one);
  return { hooks, one };
}

test('a hook without anything from outside is whole in its label', () => {
  const { hooks, one } = carried('register web', []);
  assert.deepEqual(readHooks(writeHooks(hooks))?.post_start[0], one);
});

test('a word of a command that has a value from outside in it is in no label, and can be put back', () => {
  const { hooks, one } = carried(`login --token=${TOKEN} web`, [TOKEN]);
  const label = writeHooks(hooks);
  assert.doesNotMatch(label, /hunter2/);
  const read = readHooks(label)?.post_start[0];
  assert.ok(read);
  assert.deepEqual(shownCommand(read), ['login', '***', 'web']);
  assert.deepEqual(wholeCommand(read, withheldValues(one)), ['login', `--token=${TOKEN}`, 'web']);
  assert.equal(wholeCommand(read, {}), undefined, 'never run without it');
});

test('a value of the environment is withheld by name', () => {
  const { hooks, one } = carried('login', [TOKEN], { TOKEN, MODE: 'fast' });
  assert.deepEqual(one.withheld, ['TOKEN']);
  assert.deepEqual(withheldValues(one), { TOKEN });
  assert.doesNotMatch(writeHooks(hooks), /hunter2/);
});

test('a short value is withheld where it stands alone, and does not hide every word with that letter in it', () => {
  const { one } = carried('retry 1 web1', ['1']);
  assert.deepEqual(shownCommand(one), ['retry', '***', 'web1']);
});

test('a word that is empty by itself is no withheld one', () => {
  const { one } = carried('print  x', []);
  assert.deepEqual(wholeCommand(one, {}), ['print', '', 'x']);
});

test('a label that is no hook set is none', () => {
  for (const text of [undefined, '', '[]', '{"post_start":[{}],"pre_stop":[]}', '{"post_start":1}']) {
    assert.equal(readHooks(text), undefined);
  }
});
