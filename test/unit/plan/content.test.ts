import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { NO_FILE, type OnChange, type Project } from '../../../src/model/project.ts';
import { container, hook, idOf, planText, project, text, type ContainerSketch } from '../../support/world.ts';

const CONFIG = { source: 'motd', target: '/motd' };

/** A service with a config whose bytes are `v2` today. */
function shopWith(onChange: OnChange, rest: Partial<Project['services'][string]> = {}): Project {
  const web = { configs: [CONFIG], contents: { 'config motd': 'v2' }, pre_stop: [hook('drain')], ...rest };
  return project({ web }, { configs: { motd: { name: 'shop_motd', content: 'hello', value: 'hello', onChange } } });
}

/** The plan where the container was last given these bytes. */
function planFor(shop: Project, digest: string, sketch: ContainerSketch = {}): string {
  const given = { contents: { 'config motd': digest }, id: idOf('a') };
  return planText(shop, { containers: [container(shop, 'web', 1, { ...given, ...sketch })] });
}

suite('other bytes behind a config', () => {
  test('are nothing to do while they are the same', () => {
    assert.equal(planFor(shopWith('recreate'), 'v2'), '');
  });

  test('replace the container, where nothing else is asked for', () => {
    assert.equal(
      planFor(shopWith('recreate'), 'v1'),
      text`
        web/1:create  create container aaaaaaaaaaaa_shop-web-1  (content of config motd changed)
        web/1@aaaaaa:pre_stop[0]  run pre_stop hook ["drain"]  (content of config motd changed)  <- web/1:create
        web/1@aaaaaa:stop  stop container shop-web-1  (content of config motd changed)  <- web/1@aaaaaa:pre_stop[0]
        web/1@aaaaaa:remove  remove container shop-web-1  (content of config motd changed)  <- web/1@aaaaaa:stop
        web/1:rename  rename to shop-web-1  (replaced)  <- web/1@aaaaaa:remove
        web/1:start  start container  (content of config motd changed)  <- web/1:rename
      `,
    );
  });

  test('restart it where the entry says so, pre_stop first', () => {
    assert.equal(
      planFor(shopWith('restart'), 'v1'),
      text`
        web/1:pre_stop[0]  run pre_stop hook ["drain"]  (content of config motd changed)
        web/1:stop  stop container shop-web-1  (content of config motd changed)  <- web/1:pre_stop[0]
        web/1:start  start container  (content of config motd changed)  <- web/1:stop
      `,
    );
  });

  test('run a finished one again where the entry asks for a restart', () => {
    const state = { status: 'exited', exitCode: 0 } as const;
    assert.equal(
      planFor(shopWith('restart'), 'v1', { state }),
      'web/1:start  start container  (content of config motd changed)',
    );
  });

  test('are told by a signal where the entry names one, and the container stays', () => {
    assert.equal(
      planFor(shopWith('signal:HUP'), 'v1'),
      'web/1:signal HUP  send signal HUP  (content of config motd changed)',
    );
  });

  test('hold the container as it is while their file is not there any more', () => {
    const vanished = (onChange: OnChange): Project =>
      project(
        { web: { configs: [CONFIG], contents: { 'config motd': NO_FILE } } },
        { configs: { motd: { name: 'shop_motd', file: '/srv/motd', onChange } } },
      );
    const gone = '! web: config motd: /srv/motd is not there any more: put it back';
    assert.equal(planFor(vanished('recreate'), 'v1'), gone);
    assert.equal(planFor(vanished('restart'), 'v1'), gone);
    assert.equal(planFor(vanished('signal:HUP'), 'v1'), '', 'there is nothing new to tell it of');
    assert.equal(planFor(vanished('ignore'), 'v1', { state: { status: 'exited', exitCode: 1 } }), gone);
    const elsewhere = { contents: { 'config motd': NO_FILE }, state: { status: 'exited', exitCode: 1 } } as const;
    assert.doesNotMatch(
      planFor(vanished('recreate'), 'v1', elsewhere),
      /!/,
      'of an engine elsewhere it was never here',
    );
  });

  test('are no matter for a signal to one that does not run', () => {
    assert.equal(planFor(shopWith('signal:HUP'), 'v1', { state: { status: 'exited', exitCode: 0 } }), '');
    assert.equal(
      planFor(shopWith('signal:HUP'), 'v1', { state: { status: 'exited', exitCode: 1 } }),
      'web/1:start  start container  (exited (1))',
    );
  });

  test('are ignored where the entry says so', () => {
    assert.equal(planFor(shopWith('ignore'), 'v1'), '');
  });

  test('are not compared where nothing is known of what the container was given', () => {
    assert.equal(planFor(shopWith('recreate'), 'v1', { foreign: true, contents: undefined }), '');
  });

  test('of one that is replaced for another reason need no signal', () => {
    assert.doesNotMatch(planFor(shopWith('signal:HUP'), 'v1', { configHash: 'old' }), /signal/);
  });
});
