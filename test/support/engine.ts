/**
 * What tests ask the engine: the world as it is, by labels that Compose defines, and the interference that a person or a
 * crash makes from outside (kill, restart, remove). Must never import anything from src/: it checks what src/ did.
 */
import { buffer } from 'node:stream/consumers';
import { createInterface } from 'node:readline';
import { callJson, callText, EngineRefusal, open } from './engine-client.ts';

const projectLabel = 'com.docker.compose.project';

/** A container as inspect gives it; only the fields that tests read are typed. */
export interface Container {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly Created: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly ExitCode: number;
    readonly Pid: number;
    readonly StartedAt: string;
    readonly FinishedAt: string;
    readonly Health?: { readonly Status: string };
  };
  readonly Config: {
    readonly Image: string;
    readonly Env: readonly string[];
    readonly Cmd: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Name?: string;
    readonly Source: string;
    readonly Destination: string;
  }[];
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>;
    readonly Networks: Readonly<
      Record<
        string,
        {
          readonly Aliases: readonly string[] | null;
          readonly Links?: readonly string[] | null;
          readonly IPAddress: string;
        }
      >
    >;
  };
}

export interface Network {
  readonly Id: string;
  readonly Name: string;
  readonly Driver: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Containers?: Readonly<Record<string, { readonly Name: string }>>;
}

export interface Volume {
  readonly Name: string;
  readonly Labels: Readonly<Record<string, string>> | null;
}

/** Another engine than the tests' own, as in `DOCKER_HOST`. */
function on(host: string | undefined): { readonly host?: string } {
  return host === undefined ? {} : { host };
}

/** The containers of a project, one-off and hook containers included, in the order of their names. */
export async function containers(project: string, service?: string, host?: string): Promise<readonly Container[]> {
  const label = [
    `${projectLabel}=${project}`,
    ...(service === undefined ? [] : [`com.docker.compose.service=${service}`]),
  ];
  const listed = await callJson<readonly { Id: string }[]>('/containers/json', {
    query: { all: 'true', filters: JSON.stringify({ label }) },
    ...on(host),
  });
  const inspected = await Promise.all(listed.map(({ Id }) => inspectIfThere(Id, host)));
  return inspected.filter((one) => one !== undefined).toSorted((a, b) => a.Name.localeCompare(b.Name));
}

/** The one container of a service; throws when there are none or several. */
export async function container(project: string, service: string, host?: string): Promise<Container> {
  const found = await containers(project, service, host);
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(
      `${project}: ${found.length} containers of ${service}, not one: ${found.map((one) => one.Name).join(' ')}`,
    );
  }
  return only;
}

/** A container by id or name; throws `EngineRefusal` (404) when there is none. */
export function inspect(idOrName: string, host?: string): Promise<Container> {
  return callJson<Container>(`/containers/${encodeURIComponent(idOrName)}/json`, on(host));
}

/** As `inspect`, with `undefined` for a container that is not there. */
export async function inspectIfThere(idOrName: string, host?: string): Promise<Container | undefined> {
  try {
    return await inspect(idOrName, host);
  } catch (error) {
    if (error instanceof EngineRefusal && error.status === 404) return undefined;
    throw error;
  }
}

/** The networks of a project, with the containers on them. */
export async function networks(project: string): Promise<readonly Network[]> {
  const filters = JSON.stringify({ label: [`${projectLabel}=${project}`] });
  const listed = await callJson<readonly Network[]>('/networks', { query: { filters } });
  return Promise.all(listed.map(({ Id }) => callJson<Network>(`/networks/${Id}`)));
}

/** The named volumes of a project. */
export async function volumes(project: string): Promise<readonly Volume[]> {
  const filters = JSON.stringify({ label: [`${projectLabel}=${project}`] });
  const listed = await callJson<{ readonly Volumes: readonly Volume[] | null }>('/volumes', { query: { filters } });
  return listed.Volumes ?? [];
}

/** What a container wrote to stdout and stderr, in the order the engine kept it. */
export async function logs(id: string): Promise<string> {
  const answer = await open(`/containers/${id}/logs`, { query: { stdout: 'true', stderr: 'true' } });
  return demultiplex(await buffer(answer));
}

/** Runs a command in a running container and gives its output and exit code. */
export async function exec(
  id: string,
  command: readonly string[],
  host?: string,
): Promise<{ output: string; exitCode: number }> {
  const { Id } = await callJson<{ Id: string }>(`/containers/${id}/exec`, {
    method: 'POST',
    body: { AttachStdout: true, AttachStderr: true, Cmd: command },
    ...on(host),
  });
  const answer = await open(`/exec/${Id}/start`, { method: 'POST', body: { Detach: false, Tty: false }, ...on(host) });
  const output = demultiplex(await buffer(answer));
  const { ExitCode } = await callJson<{ ExitCode: number }>(`/exec/${Id}/json`, on(host));
  return { output, exitCode: ExitCode };
}

/** The text of a file inside a running container; what is not there is an empty text. */
export async function readContainerFile(id: string, path: string): Promise<string> {
  const { output, exitCode } = await exec(id, ['cat', path]);
  return exitCode === 0 ? output : '';
}

/** Interference from outside: what somebody else does to a container while reeve looks after it. */
export const outside = {
  restart: (id: string): Promise<string> =>
    callText(`/containers/${id}/restart`, { method: 'POST', query: { t: '0' } }),
  stop: (id: string): Promise<string> => callText(`/containers/${id}/stop`, { method: 'POST', query: { t: '0' } }),
  start: (id: string): Promise<string> => callText(`/containers/${id}/start`, { method: 'POST' }),
  pause: (id: string): Promise<string> => callText(`/containers/${id}/pause`, { method: 'POST' }),
  kill: (id: string, signal = 'KILL'): Promise<string> =>
    callText(`/containers/${id}/kill`, { method: 'POST', query: { signal } }),
  remove: (id: string): Promise<string> =>
    callText(`/containers/${id}`, { method: 'DELETE', query: { force: 'true', v: 'true' } }),
  rename: (id: string, name: string): Promise<string> =>
    callText(`/containers/${id}/rename`, { method: 'POST', query: { name } }),
  update: (id: string, body: Readonly<Record<string, unknown>>): Promise<string> =>
    callText(`/containers/${id}/update`, { method: 'POST', body }),
  connect: (network: string, id: string, endpoint: Readonly<Record<string, unknown>>): Promise<string> =>
    callText(`/networks/${network}/connect`, { method: 'POST', body: { Container: id, EndpointConfig: endpoint } }),
  disconnect: (network: string, id: string): Promise<string> =>
    callText(`/networks/${network}/disconnect`, { method: 'POST', body: { Container: id } }),
  /** Creates and starts a container that is not reeve's; the body is the engine's own create request. */
  run: async (name: string, body: Readonly<Record<string, unknown>>): Promise<string> => {
    const { Id } = await callJson<{ Id: string }>('/containers/create', { method: 'POST', query: { name }, body });
    await callText(`/containers/${Id}/start`, { method: 'POST' });
    return Id;
  },
};

/** An entry of the engine's event stream. */
export interface EngineEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly timeNano: number;
}

/** A recording of the engine's events, which ends when it is disposed (`await using`) or closed. */
export interface EventRecording extends AsyncDisposable {
  /** Every event so far, of all projects, oldest first. */
  readonly events: readonly EngineEvent[];
  /** `type action name` of the project's events so far; what tells that a run touched nothing is its emptiness. */
  of(project: string): readonly string[];
  close(): Promise<void>;
}

/** Records what the engine does from now on. It listens before it returns, so nothing that follows is missed. */
export async function recordEvents(onEvent?: (event: EngineEvent) => void): Promise<EventRecording> {
  const stopping = new AbortController();
  const answer = await open('/events', { signal: stopping.signal });
  const events: EngineEvent[] = [];
  const reading = (async () => {
    try {
      for await (const line of createInterface({ input: answer })) {
        if (line === '') continue;
        const event = dockerWords(JSON.parse(line) as EngineEvent);
        events.push(event);
        onEvent?.(event);
      }
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
    }
  })();
  const close = async (): Promise<void> => {
    stopping.abort();
    await reading;
  };
  return {
    events,
    of: (project) => events.filter((event) => isOf(project, event)).map(eventLine),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Podman calls the end of a container `remove`, and the end of an exec `exec_died`. */
function dockerWords(event: EngineEvent): EngineEvent {
  if (event.Type !== 'container') return event;
  const Action = { remove: 'destroy', exec_died: 'exec_die' }[event.Action] ?? event.Action;
  return { ...event, Action };
}

function isOf(project: string, { Actor }: EngineEvent): boolean {
  const { [projectLabel]: label, name = '' } = Actor.Attributes;
  return label === project || name.startsWith(project) || Actor.ID.startsWith(project);
}

function eventLine({ Type, Action, Actor }: EngineEvent): string {
  return `${Type} ${Action} ${Actor.Attributes['name'] ?? Actor.ID}`;
}

/** Exec and log output without a terminal comes in frames: a stream number, three zero bytes, a length, the bytes. */
function demultiplex(frames: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= frames.length;) {
    const end = at + 8 + frames.readUInt32BE(at + 4);
    parts.push(frames.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(parts).toString('utf8');
}
