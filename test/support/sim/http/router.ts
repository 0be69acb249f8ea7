/** Which route a request belongs to, and what becomes of a refusal: the engine's own answer with its words. */
import { notFound, Refusal, UNCHANGED } from '../refusal.ts';
import type { SimWorld } from '../world.ts';
import { containerRoutes } from './containers.ts';
import type { EngineSettings, Exchange, Route, SimAnswer, SimRequest } from './exchange.ts';
import { execRoutes } from './execs.ts';
import { imageRoutes } from './images.ts';
import { networkRoutes } from './networks.ts';
import { systemRoutes } from './system.ts';
import { volumeRoutes } from './volumes.ts';

const ROUTES: readonly Route[] = [
  ...systemRoutes,
  ...containerRoutes,
  ...execRoutes,
  ...networkRoutes,
  ...volumeRoutes,
  ...imageRoutes,
];
/** By method and number of parts. */
const TABLE = new Map<string, { readonly route: Route; readonly parts: readonly string[] }[]>();
for (const route of ROUTES) {
  const parts = route.path.split('/');
  const key = `${route.method} ${parts.length}`;
  const same = TABLE.get(key) ?? [];
  TABLE.set(key, [...same, { route, parts }]);
}

/** Carries a request out; a refusal is an answer. */
export function serve(world: SimWorld, request: SimRequest, settings: EngineSettings): Promise<SimAnswer> | SimAnswer {
  try {
    const found = findRoute(request);
    if (!found) throw notFound('page not found');
    const by = { kind: 'client', client: request.client } as const;
    const exchange: Exchange = { world, request, settings, by, parts: found.parts };
    const answer = found.route.handle(exchange);
    return answer instanceof Promise ? answer.catch(refusalAnswer) : answer;
  } catch (error) {
    return refusalAnswer(error);
  }
}

function findRoute({ method, path }: SimRequest): { readonly route: Route; readonly parts: string[] } | undefined {
  const given = path.split('/');
  for (const { route, parts } of TABLE.get(`${method} ${given.length}`) ?? []) {
    const isSame = parts.every((part, index) => part === ':' || part === given[index]);
    if (isSame) {
      return { route, parts: given.filter((_, index) => parts[index] === ':').map(decodeURIComponent) };
    }
  }
  return imageRoute(method, given);
}

/** References have slashes in them. */
function imageRoute(
  method: string,
  given: readonly string[],
): { readonly route: Route; readonly parts: string[] } | undefined {
  if (given[1] !== 'images' || given.length < 4) return undefined;
  const last = given.at(-1);
  const [path, ref] =
    method === 'GET' && last === 'json' ? ['/images/:/json', given.slice(2, -1)] : ['/images/:', given.slice(2)];
  const route = ROUTES.find((one) => one.method === method && one.path === path);
  return route && { route, parts: [ref.map(decodeURIComponent).join('/')] };
}

function refusalAnswer(error: unknown): SimAnswer {
  if (!(error instanceof Refusal)) throw error;
  if (error.status === UNCHANGED) return { status: UNCHANGED };
  return { status: error.status, body: { message: error.message } };
}
