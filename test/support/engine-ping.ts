/**
 * Exits 0 when a Docker engine answers where the tests will look for it, 1 when it does not. Says nothing, but with
 * `--version` what it is.
 */
import { callJson, callText } from './engine-client.ts';

interface Version {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly Components?: readonly { readonly Name: string }[];
}

try {
  await callText('/_ping', { signal: AbortSignal.timeout(5000) });
  if (process.argv.includes('--version')) {
    const { Version, ApiVersion, Components } = await callJson<Version>('/version');
    const [product = 'Engine'] = Components?.map(({ Name }) => Name) ?? [];
    process.stdout.write(`${product} ${Version}, API ${ApiVersion}\n`);
  }
} catch {
  process.exitCode = 1;
}
