/**
 * The short syntax of ports: `[[IP:][HOST]:]CONTAINER[/PROTOCOL]`, where ports may be ranges.
 *
 * One item may stand for several ports: a host range as long as the container range is split into pairs, a host
 * range for a single container port stays as it is (the engine chooses one of it).
 */

import { isIP } from 'node:net';

export interface ParsedPort {
  readonly hostIp: string;
  readonly target: number;
  /** A port, a range, or empty. */
  readonly published: string;
  readonly protocol: string;
}

export type PortsResult =
  | { readonly ok: true; readonly ports: readonly ParsedPort[] }
  | { readonly ok: false; readonly problem: string };

interface PortRange {
  readonly first: number;
  readonly last: number;
}

const PROTOCOLS = new Set(['tcp', 'udp', 'sctp']);

/** Reads one item of the short syntax; ports come in the order of their text `port/protocol`. */
export function parsePorts(text: string): PortsResult {
  const [address = '', suffix = ''] = text.split('/');
  const protocol = suffix || 'tcp';
  const { ip, host, container } = splitAddress(address);
  const brackets = /^\[(.+)\]$/.exec(ip);
  const hostIp = brackets?.[1] ?? ip;
  const isBare = brackets === null && ip.includes(':');
  if (hostIp !== '' && (isBare || !isIpAddress(hostIp))) return fail(`Invalid ip address: ${ip}`);
  if (container === '') return fail(`No port specified: ${text}<empty>`);
  const targets = parseRange(container);
  if (targets === undefined) return fail(`Invalid containerPort: ${container}`);
  if (targets.first === 0) return fail('port 0 is no target');
  const hosts = host === '' ? undefined : parseRange(host);
  if (host !== '' && hosts === undefined) return fail(`Invalid hostPort: ${host}`);
  const count = size(targets);
  if (hosts !== undefined && size(hosts) !== count && count > 1) {
    return fail(`Invalid ranges specified for container and host Ports: ${container} and ${host}`);
  }
  if (!PROTOCOLS.has(protocol.toLowerCase())) return fail(`Invalid proto: ${protocol}`);
  const ports = Array.from({ length: count }, (_, i) => ({
    hostIp,
    target: targets.first + i,
    published: publishedText(hosts, i, count),
    protocol: protocol.toLowerCase(),
  }));
  return { ok: true, ports: ports.toSorted((a, b) => compare(`${a.target}`, `${b.target}`)) };
}

/** An address without a zone. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

function publishedText(hosts: PortRange | undefined, index: number, count: number): string {
  if (hosts === undefined) return '';
  if (count === 1 && hosts.first !== hosts.last) return `${hosts.first}-${hosts.last}`;
  return String(hosts.first + index);
}

/** From the right: container port, host port; whatever is left is the address (IPv6 has colons of its own). */
function splitAddress(text: string): { ip: string; host: string; container: string } {
  const parts = text.split(':');
  const container = parts.pop() ?? '';
  const host = parts.pop() ?? '';
  return { ip: parts.join(':'), host, container };
}

function parseRange(text: string): PortRange | undefined {
  const [from = '', to = from] = text.split('-');
  const first = parsePort(from);
  const last = parsePort(to);
  if (first === undefined || last === undefined || last < first) return undefined;
  return { first, last };
}

function parsePort(text: string): number | undefined {
  const port = /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  return port !== undefined && port <= 65535 ? port : undefined;
}

function size(range: PortRange): number {
  return range.last - range.first + 1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function fail(problem: string): PortsResult {
  return { ok: false, problem };
}
