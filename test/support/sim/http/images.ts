/** Routes about images: inspect, pull, build, remove. Pulls and builds answer 200 before they know whether they can. */
import type { Json, SimImage } from '../things.ts';
import { type Exchange, type Route, type SimAnswer } from './exchange.ts';

export const imageRoutes: readonly Route[] = [
  { method: 'GET', path: '/images/json', handle: list },
  {
    method: 'GET',
    path: '/images/:/json',
    handle: ({ world, parts: [ref = ''] }) => ({ status: 200, body: inspected(ref, world.images.get(ref)) }),
  },
  { method: 'POST', path: '/images/create', handle: pull },
  { method: 'POST', path: '/build', handle: build },
  {
    method: 'DELETE',
    path: '/images/:',
    handle: ({ world, by, parts: [ref = ''] }) => {
      world.images.remove(ref, by);
      return { status: 200, body: [{ Untagged: ref }] };
    },
  },
];

/** How long a pull or a build takes. */
const WORK_MS = 200;

function list({ world }: Exchange): SimAnswer {
  const all = [...world.state.images].map(([ref, { id, labels }]) => ({ Id: id, RepoTags: [ref], Labels: labels }));
  return { status: 200, body: all };
}

function inspected(ref: string, { id, labels, entrypoint, command, volumes, healthcheck }: SimImage): Json {
  return {
    Id: id,
    RepoTags: [ref],
    RepoDigests: [],
    Os: 'linux',
    Architecture: 'amd64',
    Config: {
      Cmd: command,
      Entrypoint: entrypoint.length > 0 ? entrypoint : null,
      Labels: labels,
      Volumes: volumes.length > 0 ? Object.fromEntries(volumes.map((target) => [target, {}])) : null,
      ...(healthcheck ? { Healthcheck: healthcheck } : {}),
    },
  };
}

function pull({ world, request, by }: Exchange): SimAnswer {
  const name = request.query.get('fromImage') ?? '';
  const tag = request.query.get('tag') ?? 'latest';
  const ref = tag.startsWith('sha256:') ? `${name}@${tag}` : `${name}:${tag}`;
  return progress(({ write, end }) => {
    write({ status: `Pulling from ${name}`, id: tag });
    world.time.after(WORK_MS, () => {
      const found = world.images.pull(ref, by);
      const message = `manifest for ${ref} not found: manifest unknown: manifest unknown`;
      write(found ? { status: `Digest: ${found.id}` } : { errorDetail: { message }, error: message });
      end();
    });
  });
}

function build({ world, request, by }: Exchange): SimAnswer {
  const refs = request.query.getAll('t');
  const labels = JSON.parse(request.query.get('labels') ?? '{}') as Record<string, string>;
  return progress(({ write, end }) => {
    write({ stream: 'Step 1/1 : FROM scratch\n' });
    world.time.after(WORK_MS, () => {
      const { id } = world.images.build(refs, labels, by);
      write({ stream: `Successfully built ${id.slice(7, 19)}\n` });
      end();
    });
  });
}

function progress(work: (out: { readonly write: (line: Json) => void; readonly end: () => void }) => void): SimAnswer {
  return {
    status: 200,
    kind: 'progress',
    headers: { 'content-type': 'application/json' },
    stream: (out) => work({ write: (line) => out.write(`${JSON.stringify(line)}\r\n`), end: () => out.end() }),
  };
}
