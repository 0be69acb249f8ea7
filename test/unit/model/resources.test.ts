import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { resourceDifferences } from '../../../src/model/resources.ts';
import { sketchService, type ServiceSketch } from '../../engine/sketch.ts';

type Observed = Readonly<Record<string, number | string>>;

/** `process limit 100 -> none` for each difference of a container that was made from the same definition. */
function differences(sketch: ServiceSketch, observed: Observed, uncontrolled: readonly string[] = []): string[] {
  const limits = { isSameDefinition: true, uncontrolled: new Set(uncontrolled) };
  return resourceDifferences(sketchService('web', sketch), observed, limits).map(
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

  test('one that somebody set where the file has none, or says so, is seen; a default of Podman is not', () => {
    assert.deepEqual(differences({}, { PidsLimit: 50 }), ['process limit 50 -> none (anew)']);
    assert.deepEqual(differences({ pids_limit: -1 }, { PidsLimit: 50 }), ['process limit 50 -> none']);
    assert.deepEqual(differences({}, { PidsLimit: 2048 }), []);
    assert.deepEqual(differences({ pids_limit: -1 }, { PidsLimit: 2048 }), ['process limit 2048 -> none']);
    assert.deepEqual(differences({ pids_limit: 50 }, { PidsLimit: 2048 }), ['process limit 2048 -> 50']);
  });
});

suite('limits of swap', () => {
  const mebibytes = (count: number): number => count * 2 ** 20;

  test('one that somebody set where the file has none is seen, and mended with the memory limit that it follows', () => {
    const seen = (memory: number, swap: number): Observed => ({
      Memory: mebibytes(memory),
      MemorySwap: mebibytes(swap),
    });
    const limited = { mem_limit: mebibytes(64) };
    assert.deepEqual(differences(limited, seen(64, 128)), []);
    assert.deepEqual(differences(limited, seen(64, 0)), []);
    assert.deepEqual(differences(limited, { ...seen(64, 0), MemorySwap: -1 }), []);
    assert.deepEqual(differences(limited, seen(64, 80)), ['swap limit 80 MiB -> 128 MiB']);
    assert.deepEqual(differences(limited, seen(32, 64)), ['memory limit 32 MiB -> 64 MiB']);
    assert.deepEqual(differences({}, seen(64, 80)), [
      'memory limit 64 MiB -> none (anew)',
      'swap limit 80 MiB -> none (anew)',
    ]);
  });
});

test('memory nodes that somebody set take a new container', () => {
  assert.deepEqual(differences({}, { CpusetMems: '0' }), ['memory nodes 0 -> none (anew)']);
  assert.deepEqual(differences({}, { CpusetMems: '' }), []);
});

test('what the engine has no control for is no drift: it left it out and would again', () => {
  const sketch = { mem_limit: 2 ** 30, memswap_limit: 2 ** 31, pids_limit: 50 };
  const seen = { Memory: 2 ** 30, MemorySwap: -1, PidsLimit: 0 };
  assert.deepEqual(differences(sketch, seen, ['MemorySwap', 'PidsLimit']), []);
  assert.deepEqual(differences(sketch, seen), ['swap limit unlimited -> 2 GiB', 'process limit none -> 50']);
});

test('a limit of more digits than a number holds is what an engine shows of it', () => {
  const huge = 2n ** 63n - 4096n;
  assert.deepEqual(differences({ mem_limit: huge }, { Memory: Number(huge), MemorySwap: -8192 }), []);
  assert.deepEqual(differences({ mem_limit: huge }, { Memory: 2 ** 30, MemorySwap: 2 ** 31 }), [
    `memory limit 1 GiB -> ${Number(huge) / 1024} KiB`,
  ]);
});
