import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSpec } from '../../../src/engine/create-spec.ts';
import { withExactNumbers } from '../../../src/engine/json.ts';
import { serviceHash } from '../../../src/model/config-hash.ts';
import { composeFolder } from '../../support/compose-files.ts';

/** What `docker compose config --hash` 2.40.3 says of each. */
const HASHES: Readonly<Record<string, string>> = {
  'ulimits: {rss: 9223372036854775807}': 'b3c37bc6ffa217d1e71e30d4de50ddf27714aa228592bb3ac322adeee7089e67',
  'ulimits: {rss: {soft: 9223372036854775806, hard: 9223372036854775807}}':
    '93e8b5242b6c37934a5aedfdbe6a29b0910512fdc3e49ddcb59064854997c981',
  'pids_limit: 9223372036854775807': '5c8f9a1524f30fe2ce3f816f3ae6621ee33e63a65237792fd0ea2e0217b7e1c5',
  'mem_limit: 9223372036854771712': 'f9c535e9618a7d5ae4983402860ee9b906be34b55d779260b0c96b4e27571a87',
  'mem_limit: "9223372036854771712"': 'f9c535e9618a7d5ae4983402860ee9b906be34b55d779260b0c96b4e27571a87',
  'mem_limit: 9007199254740993': '92cdc3240328b8b34d40d08f56ffa1ee99bbab3d9edeb6d4c7f868ffc48795b4',
  'mem_limit: 8191p': '4d64a143e959ab491b7c53bee10c921609f5ebec87e709277501d249e32450a6',
};

test('numbers of 64 bits keep all their digits, in the hash as in what the engine is sent', async (t) => {
  for (const [line, hash] of Object.entries(HASHES)) {
    const { load } = composeFolder(t, {
      'compose.yaml': `services: {w: {image: "bbx:1", command: sleep 300, networks: {}, ${line}}}\n`,
    });
    const result = await load();
    assert.ok(result.ok, line);
    const { project } = result;
    const service = project.services['w'];
    assert.ok(service);
    assert.equal(serviceHash(project, service), hash, line);
    const sent = JSON.stringify(
      withExactNumbers(
        createSpec({
          project,
          service,
          number: 1,
          labels: {},
          apiVersion: '1.41',
          containerIdOf: () => '',
          containerNamesOf: () => [],
          carriedVolumes: new Map(),
          imageVolumes: [],
          proxyEnvironment: {},
          readProfile: () => '',
        }),
      ),
    );
    const digits = line.includes('8191p') ? '9222246136947933184' : (/\d{16,}/.exec(line)?.[0] ?? line);
    assert.match(sent, new RegExp(`:${digits}[,}]`), line);
  }
});
