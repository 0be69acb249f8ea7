/** Routes about the engine itself: who it is, and what it tells. */
import { passes, type SimEvent } from '../events.ts';
import { filtersOf, type Exchange, type Route, type SimAnswer } from './exchange.ts';

const VERSION = '20.10.24';

export const systemRoutes: readonly Route[] = [
  { method: 'GET', path: '/_ping', handle: ping },
  { method: 'HEAD', path: '/_ping', handle: ping },
  {
    method: 'GET',
    path: '/version',
    handle: ({ settings }) =>
      ok({ Version: VERSION, ApiVersion: settings.apiVersion, MinAPIVersion: '1.12', Os: 'linux', Arch: 'amd64' }),
  },
  { method: 'GET', path: '/info', handle: info },
  { method: 'GET', path: '/events', handle: events },
];

function ping(): SimAnswer {
  return { status: 200, body: 'OK', headers: { 'content-type': 'text/plain; charset=utf-8' } };
}

function info({ world, settings }: Exchange): SimAnswer {
  return ok({
    ID: settings.engineId,
    Name: 'sim',
    ServerVersion: VERSION,
    OSType: 'linux',
    Architecture: 'x86_64',
    DockerRootDir: '/var/lib/docker',
    SystemTime: new Date(world.time.engineNowMs()).toISOString(),
    Containers: world.state.containers.size,
    Images: world.state.images.size,
    CgroupVersion: '2',
    SwapLimit: true,
    PidsLimit: true,
    SecurityOptions: [],
    LiveRestoreEnabled: false,
  });
}

function events({ world, request }: Exchange): SimAnswer {
  const { query } = request;
  const filters = filtersOf(query);
  const since = momentNs(query.get('since'));
  const until = momentNs(query.get('until'));
  const { bus } = world.state;
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    kind: 'events',
    stream: (out) => {
      const tell = (event: SimEvent): void => {
        if (passes(filters, event)) out.write(event.line, event);
      };
      if (since !== undefined) for (const event of bus.past(since, until)) tell(event);
      const leftMs = until === undefined ? Infinity : Number(until / 1_000_000n) - world.time.engineNowMs();
      if (leftMs <= 0) return out.end();
      const stop = bus.listen(tell);
      const cancel = Number.isFinite(leftMs) ? world.time.after(leftMs, () => out.end()) : () => {};
      out.onClose(() => {
        stop();
        cancel();
      });
    },
  };
}

/** Seconds with a fraction, or a moment in words. */
function momentNs(text: string | null): bigint | undefined {
  if (text === null || text === '' || text === '0') return undefined;
  const [, seconds, fraction = ''] = /^(\d+)(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (seconds !== undefined) return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  return BigInt(Date.parse(text)) * 1_000_000n;
}

function ok(body: unknown): SimAnswer {
  return { status: 200, body };
}
