/**
 * The proxy variables that the docker config file gives to every container (`proxies`), as Compose adds them under a
 * service's own environment.
 */

import { member } from './json.ts';

const NAMES: Readonly<Record<string, string>> = {
  httpProxy: 'HTTP_PROXY',
  httpsProxy: 'HTTPS_PROXY',
  noProxy: 'NO_PROXY',
  ftpProxy: 'FTP_PROXY',
  allProxy: 'ALL_PROXY',
};

/** Variables in both spellings, for the engine at `host`; `proxies.default` where the host has no entry. */
export function proxyEnvironment(config: Readonly<Record<string, unknown>>, host: string): Record<string, string> {
  const proxies = config['proxies'];
  const entry = member(proxies, host) ?? member(proxies, 'default');
  const variables: Record<string, string> = {};
  for (const [key, name] of Object.entries(NAMES)) {
    const value = member(entry, key);
    if (typeof value !== 'string' || value === '') continue;
    variables[name] = value;
    variables[name.toLowerCase()] = value;
  }
  return variables;
}
