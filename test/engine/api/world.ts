/** What the cases of the API have in common: bare HTTP calls to the engine under test, and its events as they come. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { isAtLeast } from '../../../src/model/api-version.ts';
import { linesOf } from '../../../src/engine/lines.ts';
import { callJson, callText, EngineRefusal, open, type EngineCall } from '../../support/engine-client.ts';

/** Everything that the suite runs in containers. */
export const PROGRAMS = {
  forever: ['sleep', '300'],
  /** Heeds SIGTERM. */
  obedient: ['sh', '-c', 'trap "exit 5" TERM; while :; do sleep 60 & wait $!; done'],
  failAtOnce: ['sh', '-c', 'exit 3'],
  failSoon: ['sh', '-c', 'sleep 0.5; exit 3'],
  succeedSoon: ['sh', '-c', 'sleep 0.5; exit 0'],
  speak: ['sh', '-c', 'echo out; echo err >&2; exit 4'],
  missing: ['/no/such/command'],
  succeed: ['true'],
  fail: ['false'],
} as const;

export interface ApiSubject {
  /** As in DOCKER_HOST. */
  readonly host: string;
  /** A name that nothing on the engine has yet. */
  readonly uniqueName: () => string;
  readonly cleanUp: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Seen {
  readonly type: string;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly ms: number;
}

export interface State {
  readonly Status: string;
  readonly Running: boolean;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly Health?: { readonly Status: string };
}

export interface Inspected {
  readonly State: State;
  readonly RestartCount: number;
}

/** The engine under test with short forms of what nearly every case does. */
export class Api {
  #subject: ApiSubject | undefined;

  begin(subject: ApiSubject): void {
    this.#subject = subject;
  }

  get subject(): ApiSubject {
    assert.ok(this.#subject, 'the engine under test is made before the first case');
    return this.#subject;
  }

  /** Whether it does things as engines from 25 on (API 1.44); else as 20.10 does. */
  async isModern(): Promise<boolean> {
    const { ApiVersion } = (await this.get('/version')) as { ApiVersion: string };
    return isAtLeast(ApiVersion, '1.44');
  }

  /** A name whose things go away after the case. */
  name(t: TestContext): string {
    const name = this.subject.uniqueName();
    t.after(() => this.subject.cleanUp(name));
    return name;
  }

  get(path: string, query: EngineCall['query'] = {}): Promise<unknown> {
    return callJson(path, { host: this.subject.host, query });
  }

  /** POST; the answer's status. */
  async post(path: string, query: EngineCall['query'] = {}, body?: unknown): Promise<number> {
    const answer = await open(path, { host: this.subject.host, method: 'POST', query, body });
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const status = answer.statusCode ?? 0;
    if (status >= 400) throw new EngineRefusal(`POST ${path}`, status, Buffer.concat(chunks).toString('utf8').trim());
    return status;
  }

  text(path: string, call: EngineCall = {}): Promise<string> {
    return callText(path, { host: this.subject.host, ...call });
  }

  remove(path: string, query: EngineCall['query'] = {}): Promise<string> {
    return this.text(path, { method: 'DELETE', query });
  }

  /** Id of a new container without a network, which SIGKILL stops. */
  async create(
    name: string,
    command: readonly string[],
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const { HostConfig = {}, ...rest } = more;
    const body = {
      Image: 'reeve-test/busybox:1',
      Cmd: command,
      StopSignal: 'SIGKILL',
      ...rest,
      HostConfig: { NetworkMode: 'none', ...(HostConfig as object) },
    };
    const call = { method: 'POST', host: this.subject.host, query: { name }, body };
    return (await callJson<{ Id: string }>('/v1.41/containers/create', call)).Id;
  }

  async running(t: TestContext, command: readonly string[] = PROGRAMS.forever, more: object = {}): Promise<string> {
    const id = await this.create(this.name(t), command, { ...more });
    await this.start(id);
    return id;
  }

  start(id: string): Promise<number> {
    return this.post(`/containers/${id}/start`);
  }

  async inspect(id: string): Promise<Inspected> {
    return (await this.get(`/containers/${id}/json`)) as Inspected;
  }

  async exec(id: string, command: readonly string[]): Promise<string> {
    const body = { Cmd: command, AttachStdout: true, AttachStderr: true };
    const call = { method: 'POST', host: this.subject.host, body };
    return (await callJson<{ Id: string }>(`/containers/${id}/exec`, call)).Id;
  }

  runExec(execId: string): Promise<string> {
    return this.text(`/exec/${execId}/start`, { method: 'POST', body: { Detach: false, Tty: false } });
  }

  /** Exit code when the condition is met. */
  async wait(id: string, condition: string): Promise<number> {
    const text = await this.text(`/containers/${id}/wait`, { method: 'POST', query: { condition } });
    return (JSON.parse(text) as { StatusCode: number }).StatusCode;
  }

  /** Events from now on. */
  async listen(t: TestContext): Promise<Ear> {
    const stop = new AbortController();
    t.after(() => stop.abort());
    // The engine answers before it listens: what falls in between is asked for too.
    const { SystemTime } = (await this.get('/info')) as { SystemTime: string };
    const query = { since: String(Math.floor(Date.parse(SystemTime) / 1000)) };
    return new Ear(await open('/events', { host: this.subject.host, query, signal: stop.signal }));
  }
}

/** What an engine told, in order. */
export class Ear {
  readonly #seen: Seen[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(stream: AsyncIterable<Buffer>) {
    void this.#read(stream).catch(() => {});
  }

  /** All that concerns a container, up to the n-th of an action. */
  async about(id: string, last: string, times = 1): Promise<Seen[]> {
    for (;;) {
      const story = this.#seen.filter((one) => one.id === id || one.attributes['container'] === id);
      const ends = story.flatMap(({ action }, index) => (action === last ? [index] : []));
      const end = ends[times - 1];
      if (end !== undefined) return story.slice(0, end + 1);
      await this.#wake.promise;
    }
  }

  /** All that concerns a container, until each of the actions was told. */
  async aboutAll(id: string, actions: readonly string[]): Promise<Seen[]> {
    const stories = await Promise.all(actions.map((action) => this.about(id, action)));
    return stories.toSorted((one, other) => other.length - one.length)[0] ?? [];
  }

  async #read(stream: AsyncIterable<Buffer>): Promise<void> {
    for await (const line of linesOf(stream)) {
      if (line.trim() === '') continue;
      const { Type, Action, Actor, timeNano } = JSON.parse(line) as {
        Type: string;
        Action: string;
        Actor: { ID: string; Attributes: Record<string, string> };
        timeNano: number;
      };
      this.#seen.push({ type: Type, action: Action, id: Actor.ID, attributes: Actor.Attributes, ms: timeNano / 1e6 });
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    }
  }
}

/** What became of the container itself. Newer engines tell of a stop a moment before the end that it brought. */
export function deeds(story: readonly Seen[]): string[] {
  const actions = story.flatMap(({ type, action }) => (type === 'container' ? [action] : []));
  for (const [index, action] of actions.entries()) {
    if (action === 'die' && actions[index - 1] === 'stop') actions.splice(index - 1, 2, 'die', 'stop');
  }
  return actions;
}

/** For `assert.rejects`: that status, words like that. */
export function refused(status: number, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof EngineRefusal, String(error));
    assert.equal(error.status, status, error.message);
    assert.match(error.message, message);
    return true;
  };
}
