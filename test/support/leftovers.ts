/**
 * Finds and removes what test projects leave on the engine. A test project is one whose name starts with `reeve-t-`;
 * nothing else is ever touched.
 */
import { callJson, callText, EngineRefusal } from './engine-client.ts';

/** How every test project's name begins. */
export const testProjectPrefix = 'reeve-t-';
const projectLabel = 'com.docker.compose.project';

interface Listed {
  readonly kind: 'container' | 'network' | 'volume';
  readonly id: string;
  readonly name: string;
}

/** What the engine still holds of test projects whose name starts with the prefix. */
export async function findLeftovers(prefix: string): Promise<readonly Listed[]> {
  if (!prefix.startsWith(testProjectPrefix)) throw new RangeError(`not a test project: ${prefix}`);
  const [containers, networks, volumes] = await Promise.all([
    callJson<readonly { Id: string; Names: readonly string[]; Labels: Labels }[]>('/containers/json', {
      query: { all: 'true' },
    }),
    callJson<readonly { Id: string; Name: string; Labels: Labels }[]>('/networks'),
    callJson<{ readonly Volumes: readonly { Name: string; Labels: Labels }[] | null }>('/volumes'),
  ]);
  const listed: readonly (Listed & { readonly labels: Labels })[] = [
    ...containers.map((one) => ({
      kind: 'container' as const,
      id: one.Id,
      name: one.Names[0]?.slice(1) ?? one.Id,
      labels: one.Labels,
    })),
    ...networks.map((one) => ({ kind: 'network' as const, id: one.Id, name: one.Name, labels: one.Labels })),
    ...(volumes.Volumes ?? []).map((one) => ({
      kind: 'volume' as const,
      id: one.Name,
      name: one.Name,
      labels: one.Labels,
    })),
  ];
  return listed.filter(
    ({ name, labels }) => name.startsWith(prefix) || labels?.[projectLabel]?.startsWith(prefix) === true,
  );
}

type Labels = Readonly<Record<string, string>> | null;

/** Removes everything of one test project by force: containers with their volumes, then networks, then volumes. */
export async function removeLeftovers(prefix: string): Promise<void> {
  const listed = await findLeftovers(prefix);
  const path = { container: '/containers', network: '/networks', volume: '/volumes' } as const;
  for (const kind of ['container', 'network', 'volume'] as const) {
    await removeAll(
      listed.filter((one) => one.kind === kind).map((one) => `${path[kind]}/${encodeURIComponent(one.id)}`),
    );
  }
}

/** Podman does not remove a container before those that depend on it: what was refused is tried again while others go. */
async function removeAll(paths: readonly string[]): Promise<void> {
  const results = await Promise.allSettled(paths.map((path) => removeIfThere(path)));
  const refused = paths.filter((_, index) => results[index]?.status === 'rejected');
  const [failure] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  if (failure === undefined) return;
  if (refused.length === paths.length) throw failure;
  await removeAll(refused);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await callText(path, { method: 'DELETE', query: { force: 'true', v: 'true' } });
  } catch (error) {
    // 404: gone already; 409: its removal is under way.
    if (error instanceof EngineRefusal && (error.status === 404 || error.status === 409)) return;
    throw error;
  }
}
