/**
 * A project whose containers and hooks write down which start of which container they belong to, and the judge of what they
 * wrote. An incarnation is named by the container's host name and the moment at which the kernel started its first process:
 * nothing in this record comes from reeve.
 */
import assert from 'node:assert/strict';
import { containers, exec, type Container, type EngineEvent, type EventRecording } from './engine.ts';
import { eventually } from './eventually.ts';
import { script, type Sketch, type Stage } from './stage.ts';

/** Sets `$me`, in the container's main process as in a hook. */
const whoAmI = 'read -r line < /proc/1/stat; set -- $line; me="$HOSTNAME ${22}"';

function main(exitCode: number): Sketch {
  const loop = 'while :; do sleep 60 & wait $!; done';
  const text = `trap 'echo "term $me" >> /out/log; exit ${exitCode}' TERM; ${whoAmI}; ${loop}`;
  return { command: ['sh', '-c', text.replaceAll('$', '$$$$')], stop_grace_period: '5s' };
}

function marked(name: string, between = ':'): Sketch {
  return script(`${whoAmI}; echo "${name} begins $me" >> /out/log; ${between}; echo "${name} ends $me" >> /out/log`);
}

/** Two hooks of each phase; the first ones take a moment. */
const hooks: Sketch = {
  post_start: [marked('post_start[0]', 'sleep 0.05'), marked('post_start[1]')],
  pre_stop: [marked('pre_stop[0]', 'sleep 0.05'), marked('pre_stop[1]')],
};

/** Before the first start of a version; its container has a name of its own, so what it prepared is written too. */
const prepares: Sketch = { pre_start: [marked('pre_start[0]', 'sleep 0.05; echo "prepared $VERSION" >> /out/log')] };

export interface Shape {
  readonly version: number;
  readonly replicas: number;
  /** Of a container that is asked to end. Default 0, which without a restart policy is "finished" to whoever did not ask. */
  readonly exitCode?: number;
}

/** A database and what depends on it, in replicas. */
export function writeCast(s: Stage, { version, replicas, exitCode = 0 }: Shape): void {
  const environment = { VERSION: String(version) };
  s.compose({
    db: { ...main(exitCode), ...prepares, ...hooks, environment },
    web: { ...main(exitCode), ...hooks, environment, scale: replicas, depends_on: ['db'] },
  });
}

/** What hooks did more often than they had to. */
export interface Repeats {
  readonly postStart: number;
}

/** Everything runs as the shape says, under its own name, and each incarnation that is up got its hooks. */
export async function assertUp(s: Stage, { version, replicas }: Shape, host?: string): Promise<Repeats> {
  const up = await containers(s.name, undefined, host);
  const web = Array.from({ length: replicas }, (_, index) => `/${s.name}-web-${index + 1}`);
  assert.deepEqual(
    up.map(({ Name }) => Name),
    [`/${s.name}-db-1`, ...web],
  );
  let postStart = 0;
  for (const one of up) {
    assert.equal(one.State.Running, true, `${one.Name} runs`);
    assert.ok(one.Config.Env.includes(`VERSION=${version}`), `${one.Name} is of version ${version}`);
    const me = await incarnationOf(one, host);
    const began = s.log().flatMap((line) => /^(post_start\S+) begins (.*)$/.exec(line)?.slice(1) ?? []);
    const ended = s.log().flatMap((line) => (line.endsWith(` ends ${me}`) ? (line.split(' ')[0] ?? '') : []));
    const ends = ended.filter((name) => name.startsWith('post_start'));
    assert.deepEqual([...new Set(ends)], ['post_start[0]', 'post_start[1]'], `hooks of ${one.Name} (${me})`);
    if (one.Name.endsWith('-db-1')) assertPrepared(s.log(), version, me);
    postStart += began.filter((text) => text === me).length - 2;
  }
  return { postStart };
}

function assertPrepared(log: readonly string[], version: number, me: string): void {
  const [prepared, started] = [log.indexOf(`prepared ${version}`), log.indexOf(`post_start[0] begins ${me}`)];
  assert.ok(
    prepared >= 0 && prepared < started,
    `pre_start of version ${version} came before its start\n${log.join('\n')}`,
  );
}

export async function assertGone(s: Stage): Promise<void> {
  assert.deepEqual(
    (await containers(s.name)).map(({ Name }) => Name),
    [],
  );
}

/** Of the whole past: no two hooks of a container ran at the same time. */
export function assertOneAtATime(s: Stage): void {
  checkOrder(s.log());
}

/** Of the whole past: each stop came after pre_stop, and no two hooks of a container ran at the same time. */
export async function assertPast(s: Stage, recording: EventRecording): Promise<void> {
  const log = s.log();
  const before = new Set<string>();
  let stopped = 0;
  for (const line of log) {
    before.add(line);
    if (!line.startsWith('term ')) continue;
    stopped += 1;
    const me = line.slice(5);
    for (const hook of ['pre_stop[0]', 'pre_stop[1]'])
      if (!before.has(`${hook} ends ${me}`)) fail(`${hook} did not come before ${me} was stopped`, log);
  }
  const died = await eventually(() => {
    const told = deaths(s, recording);
    // Podman tells of an end a while after it.
    assert.ok(told.length >= stopped, `${stopped} were stopped, ${told.length} are told of`);
    return told;
  });
  const prepared = new Set(log.map((line) => /^pre_stop\[1\] ends (\S+)/.exec(line)?.[1]));
  for (const { Actor } of died) {
    const host = Actor.ID.slice(0, 12);
    assert.ok(prepared.has(host), `${Actor.Attributes['name']} (${host}) died without pre_stop`);
  }
  checkOrder(log);
}

function deaths(s: Stage, recording: EventRecording): readonly EngineEvent[] {
  return recording.events.filter(
    ({ Type, Action, Actor }) =>
      Type === 'container' &&
      Action === 'die' &&
      Actor.Attributes['com.docker.compose.project'] === s.name &&
      Actor.Attributes['io.reeve.hook'] === undefined,
  );
}

function checkOrder(log: readonly string[]): void {
  const running = new Map<string, string>();
  for (const line of log) {
    const [, hook = '', verb, me = ''] = /^(\S+) (begins|ends) (.*)$/.exec(line) ?? [];
    if (verb === 'begins') {
      const other = running.get(me);
      if (other !== undefined) fail(`${hook} began in ${me} while ${other} ran`, log);
      running.set(me, hook);
    } else if (verb === 'ends') running.delete(me);
  }
}

/** With the whole record, which is put together only here: it is long, and looked through often. */
function fail(what: string, log: readonly string[]): never {
  assert.fail(`${what}\n${log.join('\n')}`);
}

async function incarnationOf({ Id }: Container, host: string | undefined): Promise<string> {
  const { output } = await exec(Id, ['sh', '-c', `${whoAmI}; echo "$me"`], host);
  return output.trim();
}
