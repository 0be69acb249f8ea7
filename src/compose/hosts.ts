/**
 * `extra_hosts` in any of its forms -> sorted `host=address` items.
 */

import { compareText } from '../model/canonical-json.ts';
import { scalarText, type Node } from './node.ts';

export type HostsResult =
  | { readonly ok: true; readonly hosts: string[] }
  | { readonly ok: false; readonly problem: string; readonly at: Node };

/** Reads a mapping of hosts to addresses, or a list of `host=address` (or `host:address`). */
export function readHosts(node: Node): HostsResult {
  const hosts = new Map<string, string[]>();
  if (node.kind === 'map') {
    for (const { key, value } of node.entries.values()) {
      hosts.set(
        key,
        (value.kind === 'list' ? value.items : [value]).map((item) => textOf(item)),
      );
    }
  } else if (node.kind === 'list') {
    for (const item of node.items) {
      const text = textOf(item);
      const at = text.includes('=') ? text.indexOf('=') : text.indexOf(':');
      if (at === -1) return { ok: false, problem: `invalid additional host, missing IP: ${text}`, at: item };
      const host = text.slice(0, at);
      hosts.set(host, [...(hosts.get(host) ?? []), ...text.slice(at + 1).split(',')]);
    }
  } else return { ok: false, problem: 'must be a mapping or a list', at: node };
  const lines: string[] = [];
  for (const [host, addresses] of hosts) {
    if (host === '' || /[:=]/.test(host)) return { ok: false, problem: `bad host name '${host}'`, at: node };
    for (const address of addresses) lines.push(`${host}=${withoutBrackets(address)}`);
  }
  return { ok: true, hosts: lines.toSorted(compareText) };
}

function withoutBrackets(address: string): string {
  return address.length > 2 && address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
}

function textOf(node: Node): string {
  return node.kind === 'map' || node.kind === 'list' || node.kind === 'bad' ? '' : scalarText(node);
}
