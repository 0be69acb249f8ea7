import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OutputStream } from '../../../src/engine/engine.ts';
import { HeldWords } from '../../../src/engine/held-words.ts';

function hold(...output: (readonly [OutputStream, string])[]): { words: HeldWords; passed: string[] } {
  const passed: string[] = [];
  const words = new HeldWords((stream, chunk) => passed.push(`${stream} ${Buffer.from(chunk).toString()}`));
  for (const [stream, text] of output) words.take(stream, Buffer.from(text));
  return { words, passed };
}

describe("words that may be the engine's", () => {
  it('are held when they are all there is, as Docker and as Podman write them', () => {
    const docker = hold(['stdout', 'OCI runtime exec failed: no such file\r\n']);
    assert.deepEqual([docker.passed, docker.words.text()], [[], 'OCI runtime exec failed: no such file']);
    const podman = hold(['stderr', 'Error: crun: not found\n'], ['stderr', 'Error: read unixpacket\n']);
    assert.deepEqual([podman.passed, podman.words.text()], [[], 'Error: crun: not found\nError: read unixpacket']);
  });

  it('are handed on in order as soon as the command says something else', () => {
    const { words, passed } = hold(['stdout', 'dos line\r\n'], ['stderr', 'more\n'], ['stdout', 'last\r\n']);
    assert.deepEqual(passed, ['stdout dos line\r\n', 'stderr more\n', 'stdout last\r\n']);
    assert.equal(words.text(), undefined);
  });

  it('are handed on when there was a process', () => {
    const { words, passed } = hold(['stderr', 'Error: my own\n']);
    words.release();
    assert.deepEqual([passed, words.text()], [['stderr Error: my own\n'], undefined]);
  });

  it('are not held without bound', () => {
    const { passed } = hold(['stderr', `Error: ${'x'.repeat(5000)}`]);
    assert.equal(passed.length, 1);
  });
});
