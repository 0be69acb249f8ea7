/** A subnet that no network of the tests' engine has, for tests that need addresses of their own choosing. */
import { randomInt } from 'node:crypto';
import { callJson } from './engine-client.ts';

/** `10.x.y.0/24`, chosen at random so that tests that run side by side do not meet. */
export async function freeSubnet(): Promise<string> {
  const taken = JSON.stringify(await callJson<unknown>('/networks'));
  for (;;) {
    const prefix = `10.${randomInt(100, 250)}.${randomInt(1, 250)}.`;
    if (!taken.includes(prefix)) return `${prefix}0/24`;
  }
}
