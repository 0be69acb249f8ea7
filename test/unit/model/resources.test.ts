import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { resourceDifferences } from '../../../src/model/resources.ts';
import { sketchService, type ServiceSketch } from '../../engine/sketch.ts';

type Observed = Readonly<Record<string, number | string>>;

/** `process limit 100 -> none` for each difference of a container that was made from the same definition. */
function differences(sketch: ServiceSketch, observed: Observed): string[] {
  return resourceDifferences(sketchService('web', sketch), observed, true).map(
    ({ name, from, to, inPlace }) => `${name} ${from} -> ${to}${inPlace ? '' : ' (anew)'}`,
  );
}

suite('limits of processes', () => {
  test('a negative one is none, which an engine shows as zero', () => {
    assert.deepEqual(differences({ pids_limit: -1 }, { PidsLimit: 0 }), []);
    assert.deepEqual(differences({ pids_limit: -1 }, { PidsLimit: -1 }), []);
    assert.deepEqual(differences({}, { PidsLimit: -1 }), []);
    assert.deepEqual(differences({ pids_limit: 100 }, { PidsLimit: -1 }), ['process limit none -> 100']);
  });
});
