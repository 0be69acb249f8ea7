import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPlatform } from '../../../src/model/platform.ts';

test('a platform is known in each way that it is written', () => {
  for (const [found, asked, same] of [
    ['linux/amd64', 'linux/amd64', true],
    ['linux/amd64', 'amd64', true],
    ['linux/amd64', 'linux/x86_64', true],
    ['linux/amd64', 'linux', true],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/arm64', 'linux/aarch64', true],
    ['linux/arm/v7', 'linux/arm', true],
    ['linux/arm/v6', 'linux/armel', true],
    ['linux/arm/v6', 'linux/arm/v7', false],
    ['linux/amd64', 'linux/arm64', false],
    ['windows/amd64', 'linux/amd64', false],
  ] as const) {
    assert.equal(isPlatform(found, asked), same, `${found} for ${asked}`);
  }
});
