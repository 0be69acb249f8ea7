/** Routes about containers. */
import { hasLabel } from '../events.ts';
import { invalid } from '../refusal.ts';
import { isUp, type CreateBody, type HostConfigBody, type SimContainer } from '../things.ts';
import { filtersOf, isApi, isTrue, jsonOf, type Exchange, type Route, type SimAnswer } from './exchange.ts';
import { frame } from './frames.ts';
import { inspected, listed } from './inspect.ts';
import { filesOf } from './tar.ts';

type Act = (exchange: Exchange, which: string) => void | Promise<void>;

export const containerRoutes: readonly Route[] = [
  { method: 'GET', path: '/containers/json', handle: list },
  { method: 'POST', path: '/containers/create', handle: create },
  {
    method: 'GET',
    path: '/containers/:/json',
    handle: ({ world, parts: [which = ''] }) => ({ status: 200, body: inspected(world.state.container(which), world) }),
  },
  action('start', ({ world, by }, which) => world.lifecycle.start(which, by)),
  action('stop', ({ world, by, request }, which) => world.lifecycle.stop(which, graceOf(request.query), by)),
  action('restart', ({ world, by, request }, which) => world.lifecycle.restart(which, graceOf(request.query), by)),
  action('kill', ({ world, by, request }, which) =>
    world.lifecycle.kill(which, request.query.get('signal') ?? 'SIGKILL', by),
  ),
  action('pause', ({ world, by }, which) => world.lifecycle.pause(which, by)),
  action('unpause', ({ world, by }, which) => world.lifecycle.unpause(which, by)),
  action('rename', ({ world, by, request }, which) =>
    world.containers.rename(which, request.query.get('name') ?? '', by),
  ),
  {
    method: 'POST',
    path: '/containers/:/update',
    handle: ({ world, by, request, parts: [which = ''] }) => {
      world.containers.update(which, jsonOf(request) as HostConfigBody, by);
      return { status: 200, body: { Warnings: [] } };
    },
  },
  {
    method: 'DELETE',
    path: '/containers/:',
    handle: async ({ world, by, request: { query }, parts: [which = ''] }) => {
      await world.containers.remove(which, { force: isTrue(query, 'force'), volumes: isTrue(query, 'v') }, by);
      return { status: 204 };
    },
  },
  {
    method: 'PUT',
    path: '/containers/:/archive',
    handle: ({ world, by, request: { query, body }, parts: [which = ''] }) => {
      world.containers.copyFiles(which, filesOf(body, query.get('path') ?? '/'), by);
      return { status: 200 };
    },
  },
  { method: 'POST', path: '/containers/:/wait', handle: wait },
  { method: 'GET', path: '/containers/:/logs', handle: (exchange) => output(exchange, true) },
  {
    method: 'POST',
    path: '/containers/:/attach',
    handle: (exchange) => output(exchange, isTrue(exchange.request.query, 'logs')),
  },
];

function action(verb: string, act: Act): Route {
  return {
    method: 'POST',
    path: `/containers/:/${verb}`,
    handle: (exchange) => {
      const done = act(exchange, exchange.parts[0] ?? '');
      return done instanceof Promise ? done.then(() => ({ status: 204 })) : { status: 204 };
    },
  };
}

function create(exchange: Exchange): SimAnswer {
  const { world, request, by } = exchange;
  const name = request.query.get('name') ?? undefined;
  const { id } = world.containers.create(name, jsonOf(request) as CreateBody, by, isApi(exchange, '1.44'));
  return { status: 201, body: { Id: id, Warnings: [] } };
}

function list({ world, request }: Exchange): SimAnswer {
  const filters = filtersOf(request.query);
  const wantsAll = isTrue(request.query, 'all') || filters['status'] !== undefined;
  const found = world.all().filter((container) => (wantsAll || isUp(container)) && isWanted(container, filters));
  return { status: 200, body: found.toReversed().map((container) => listed(container)) };
}

function isWanted(container: SimContainer, filters: Readonly<Record<string, readonly string[]>>): boolean {
  const some = (name: string, holds: (value: string) => boolean): boolean =>
    filters[name] === undefined || filters[name].some(holds);
  return (
    (filters['label'] ?? []).every((wanted) => hasLabel(container.labels, wanted)) &&
    some('id', (value) => container.id.startsWith(value)) &&
    some('name', (value) => `/${container.name}`.includes(value)) &&
    some('status', (value) => container.status === value) &&
    some('volume', (value) => container.mounts.some(({ volume, target }) => volume === value || target === value)) &&
    some('network', (value) =>
      [...container.endpoints].some(([name, { networkId }]) => name === value || networkId === value),
    )
  );
}

/** Headers at once, the code when it is so. */
function wait({ world, request, parts: [which = ''] }: Exchange): SimAnswer {
  const container = world.state.container(which);
  const { id } = container;
  const condition = request.query.get('condition') ?? 'not-running';
  let wasUp = isUp(container);
  const isOver = (): boolean => {
    const isGone = !world.state.containers.has(id);
    const isDown = !isUp(container) && container.status !== 'restarting';
    if (condition === 'removed') return isGone;
    // One that its policy brings back has ended all the same.
    const hasEnded = wasUp && !isUp(container);
    wasUp = isUp(container);
    return hasEnded || isGone || (condition !== 'next-exit' && isDown);
  };
  return {
    status: 200,
    kind: 'wait',
    headers: { 'content-type': 'application/json' },
    stream: (out) => {
      const unwatch = world.lifecycle.watch(id, () => {
        if (!isOver()) return false;
        out.write(`${JSON.stringify({ Error: null, StatusCode: container.exitCode })}\n`);
        out.end();
        return true;
      });
      out.onClose(unwatch);
    },
  };
}

/** What its main process wrote, and, where asked for, what it writes from now on until it ends. */
function output({ world, request: { query, method }, parts: [which = ''] }: Exchange, withPast: boolean): SimAnswer {
  const container = world.state.container(which);
  const streams = (['stdout', 'stderr'] as const).filter((name) => isTrue(query, name));
  if (streams.length === 0) throw invalid('Bad parameters: you must choose at least one stream');
  const follows = method === 'POST' ? isTrue(query, 'stream') : isTrue(query, 'follow');
  const tail = Number(query.get('tail') ?? NaN);
  let next = withPast ? 0 : container.output.length;
  if (withPast && Number.isInteger(tail)) next = Math.max(0, container.output.length - tail);
  return {
    status: 200,
    kind: 'output',
    headers: { 'content-type': 'application/vnd.docker.raw-stream' },
    stream: (out) => {
      const drain = (): boolean => {
        for (; next < container.output.length; next += 1) {
          const line = container.output[next];
          if (!line || !streams.includes(line.stream)) continue;
          out.write(container.body.Tty ? line.text : frame(line.stream, line.text));
        }
        // A container that was never started may still be.
        const isOver =
          !follows || (!isUp(container) && container.status !== 'created' && container.status !== 'restarting');
        if (isOver) out.end();
        return isOver;
      };
      out.onClose(world.lifecycle.watch(container.id, drain));
    },
  };
}

/** -1: for as long as it takes. */
function graceOf(query: URLSearchParams): number | undefined {
  const text = query.get('t');
  return text === null || text === '' ? undefined : Number(text);
}
