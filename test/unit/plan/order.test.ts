import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { dependencyOrder, desiredOrder, withDependencies } from '../../../src/plan/order.ts';
import { project } from '../../support/world.ts';

suite('dependency order', () => {
  test('puts dependencies first, and goes by name where they leave it open', () => {
    const shop = project({
      web: { depends_on: ['db', 'cache'] },
      db: { depends_on: ['disk'] },
      cache: {},
      disk: {},
      a: {},
    });
    assert.deepEqual(desiredOrder(shop), ['a', 'cache', 'disk', 'db', 'web']);
  });

  test('cuts cycles and ignores what is not there', () => {
    const needs: Readonly<Record<string, string[]>> = { a: ['b'], b: ['c'], c: ['a', 'gone'] };
    assert.deepEqual(
      dependencyOrder(['c', 'b', 'a'], (name) => needs[name] ?? []),
      ['c', 'b', 'a'],
    );
  });

  test('does not mind a chain of ten thousand', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `s${String(index).padStart(5, '0')}`);
    const order = dependencyOrder(names, (name) => {
      const next = names[Number(name.slice(1)) + 1];
      return next === undefined ? [] : [next];
    });
    assert.deepEqual(order, names.toReversed());
  });

  test('takes the dependencies of what is named along', () => {
    const shop = project({ web: { depends_on: ['api'] }, api: { depends_on: ['db'] }, db: {}, other: {} });
    assert.deepEqual([...withDependencies(shop, new Set(['web', 'unknown']))].toSorted(), ['api', 'db', 'web']);
  });
});
