import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceHash } from '../../../src/model/config-hash.ts';
import type { Project } from '../../../src/model/project.ts';
import { composeFolder } from '../../support/compose-files.ts';

async function loaded(t: Parameters<typeof composeFolder>[0], text: string): Promise<Project> {
  const { load } = composeFolder(t, { 'compose.yaml': text });
  const result = await load();
  assert.ok(result.ok);
  return result.project;
}

test('a text that is empty after interpolation is not set, and not in the hash', async (t) => {
  const empty = await loaded(
    t,
    `services:
  web:
    image: app
    platform: "\${X-}"
    mac_address: "\${X-}"
    volumes: [{type: volume, source: "\${X-}", target: /data}]
    networks:
      default: {ipv4_address: "\${X-}", ipv6_address: "\${X-}", mac_address: "\${X-}", interface_name: "\${X-}"}
`,
  );
  const { web } = empty.services;
  assert.ok(web);
  for (const name of ['platform', 'mac_address']) assert.ok(!Object.hasOwn(web, name), name);
  assert.deepEqual({ ...web.networks }, { default: {} });
  assert.deepEqual(web.volumes, [{ type: 'volume', target: '/data' }]);
  const volumes = '[{type: volume, target: /data}]';
  const bare = await loaded(
    t,
    `services: {web: {image: app, networks: {default: {priority: 0}}, volumes: ${volumes}}}\n`,
  );
  const other = bare.services['web'];
  assert.ok(other);
  assert.equal(serviceHash(empty, web), serviceHash(bare, other));
});

test('an empty text stays where nothing at all would be something else', async (t) => {
  const { configs, services } = await loaded(
    t,
    'services: {web: {configs: [motd], provider: {type: ""}}}\nconfigs: {motd: {content: ""}}\n',
  );
  assert.equal(configs['motd']?.content, '');
  assert.equal(services['web']?.provider?.type, '');
});
