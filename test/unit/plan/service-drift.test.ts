import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { memberDigests } from '../../../src/model/config-hash.ts';
import type { ObservedContainer } from '../../../src/model/observed.ts';
import { container, planOf, project, type ServiceSketch } from '../../support/world.ts';
import { renderCause } from '../../../src/plan/cause.ts';

/** Why a container that was made from one definition is made anew from another. */
function why(from: ServiceSketch, to: ServiceSketch, seen: Partial<ObservedContainer> = {}): string {
  const before = project({ web: from });
  const [was] = Object.values(before.services);
  const environment = Object.fromEntries(
    Object.entries(was?.environment ?? {}).map(([name, value]) => [name, value ?? '']),
  );
  const made = {
    definition: was && memberDigests(before, was),
    environment: { PATH: '/bin', ...environment },
    labels: was?.labels ?? {},
    ...seen,
  };
  const plan = planOf(project({ web: to }), {
    containers: [container(before, 'web', 1, { ...made, foreign: made.definition === undefined })],
    world: { images: new Map() },
    policy: { services: new Set(['web']) },
  });
  const created = plan.actions.find(({ kind }) => kind === 'create-container');
  return created ? renderCause(created.cause) : 'nothing';
}

suite('a container that was made from another definition', () => {
  test('is made anew for what changed, was added and was removed, member by member', () => {
    assert.equal(why({ hostname: 'a' }, { hostname: 'b' }), 'hostname changed');
    assert.equal(why({}, { command: ['run'], user: 'app' }), 'command changed, user changed');
    assert.equal(why({ cap_add: ['NET_ADMIN'] }, {}), 'cap_add changed');
    assert.equal(why({ image: 'app:1' }, { image: 'app:2' }), 'image app:1 -> app:2');
  });

  test('tells variables and labels by their names, never by their values', () => {
    assert.equal(
      why({ environment: { A: 'old', B: 'same' } }, { environment: { A: 'new', B: 'same', C: 'x' } }),
      'variable A changed, variable C added',
    );
    assert.equal(why({ environment: { A: 'old' } }, {}), 'environment changed');
    assert.equal(why({ labels: { tier: '1' } }, { labels: { tier: '2' } }), 'label tier changed');
  });

  test('does not tell of an image whose name the engine writes out in full', () => {
    const named = (image: string, imageRef: string): string =>
      why({ image, hostname: 'a' }, { image, hostname: 'b' }, { imageRef });
    assert.equal(named('app:1', 'docker.io/library/app:1'), 'hostname changed');
    assert.equal(named('app', 'docker.io/library/app:latest'), 'hostname changed');
    assert.equal(named('shop/app:1', 'docker.io/shop/app:1'), 'hostname changed');
    assert.equal(named('docker.io/shop/app:1', 'shop/app:1'), 'hostname changed');
    assert.match(named('app:1', 'docker.io/library/app:2'), /^image docker\.io\/library\/app:2 -> app:1/);
    assert.match(named('app:1', 'example.org/library/app:1'), /^image example\.org/);
  });

  test('tells limits and restart policy by what they were and are', () => {
    const resources = { Memory: 268_435_456, NanoCpus: 0 };
    const said = why({ mem_limit: 268_435_456 }, { mem_limit: 536_870_912, restart: 'always' }, { resources });
    assert.equal(said, 'restart policy no -> always, memory limit 256 MiB -> 512 MiB');
  });

  test('by another tool is compared with what inspect shows', () => {
    const theirs = { definition: undefined };
    assert.equal(
      why({ image: 'app:1', environment: { A: 'old' } }, { image: 'app:2', environment: { A: 'new' } }, theirs),
      'image app:1 -> app:2, variable A changed',
    );
    assert.equal(why({ hostname: 'a' }, { hostname: 'b' }, theirs), 'config changed');
  });
});
