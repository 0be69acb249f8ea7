/**
 * A bad day, as plain data: what the file says in its versions, and what is done, by whom, and when. It is printed when a
 * simulation fails, read back with `--case`, and cut down by the shrinker; so nothing in it refers to anything else by
 * position but `version`.
 *
 * How containers and hooks behave stands in their commands (behaviour.ts), so that it goes away with them.
 */

import type { Service } from '../../src/model/project.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A Compose file. */
export interface ComposeText {
  readonly name: string;
  readonly services: Readonly<Record<string, ServiceText>>;
  readonly networks?: Readonly<Record<string, Json>>;
  readonly volumes?: Readonly<Record<string, Json>>;
  readonly configs?: Readonly<Record<string, Json>>;
}

export type ServiceText = Readonly<Record<string, Json>>;

export interface Scenario {
  /** For latencies, jitter and whatever else is left to chance while it runs. */
  readonly seed: number;
  readonly apiVersion: string;
  /** What the file says; the first one is there at the beginning. */
  readonly versions: readonly ComposeText[];
  readonly steps: readonly Step[];
  /** How it comes to rest: one command at a time, or by `watch` alone. */
  readonly peace: 'apply' | 'watch';
  /** The project is taken down in the end. */
  readonly down: boolean;
}

export interface Step {
  /** After the step before has begun. */
  readonly afterMs: number;
  readonly what: Deed;
}

export type Deed =
  /** The file has that version from now on, and `watch` hears of it. */
  | { readonly do: 'edit'; readonly version: number }
  | Command
  /** Until every command that ends by itself has ended. */
  | { readonly do: 'wait' }
  /** The process that was begun last and is still there dies at once. */
  | { readonly do: 'kill' }
  /** It gets a Ctrl-C; twice: it leaves at once. */
  | { readonly do: 'interrupt' }
  | { readonly do: 'leave' }
  | Interference
  | EngineFault
  | StateFault;

/** A process of reeve. */
export interface Command {
  readonly do:
    | 'apply'
    | 'watch'
    | 'down'
    | 'stop'
    | 'start'
    | 'restart'
    | 'hooks-retry'
    | 'suspend'
    | 'resume'
    | 'recreate';
  /** undefined: all of them. */
  readonly services?: readonly string[];
  readonly wait?: boolean;
  readonly removeOrphans?: boolean;
  readonly force?: boolean;
  readonly volumes?: boolean;
  readonly noDeps?: boolean;
  readonly recreateVolumes?: boolean;
  readonly scale?: Readonly<Record<string, number>>;
  /** The process dies at that moment of its life, counted from 1: a message that leaves or reaches it, a write. */
  readonly diesAt?: number;
}

/** What others do to the container that `which` chooses of those there are. */
export interface Interference {
  readonly do: 'others';
  readonly hand:
    | 'kill'
    | 'stop'
    | 'start'
    | 'restart'
    | 'remove'
    | 'rename'
    /** It and the next one exchange their names. */
    | 'swap-names'
    | 'pause'
    | 'unpause'
    | 'update'
    | 'update-policy'
    | 'disconnect'
    /** The image's name stands for another image from now on. */
    | 'pull'
    | 'look-alike'
    | 'neighbour'
    | 'compose-up';
  readonly which: number;
}

export interface EngineFault {
  readonly do: 'engine';
  readonly fault:
    /** What befalls the next calls, before or after they took effect (trouble.ts). */
    | 'reset-before'
    | 'reset-after'
    | 'error-before'
    | 'error-after'
    | 'slow'
    | 'held'
    | 'torn'
    | 'cut'
    /** The event stream. */
    | 'break-events'
    | 'double-events'
    | 'late-events'
    /** The whole engine: nobody answers for a while; its containers end with it or stay. */
    | 'refuse'
    | 'restart'
    | 'live-restart'
    | 'crash'
    | 'power-loss'
    | 'forget-execs'
    | 'clock-jump';
  /** How many calls or events, or for how many tenths of a second. */
  readonly times: number;
}

export interface StateFault {
  readonly do: 'state';
  readonly fault: 'full' | 'deleted' | 'well';
}

export function isCommand(deed: Deed): deed is Command {
  return !['edit', 'wait', 'kill', 'interrupt', 'leave', 'others', 'engine', 'state'].includes(deed.do);
}

/** One line a step, for people. */
export function describe(scenario: Scenario): string {
  const { versions, steps, peace, down, apiVersion, seed } = scenario;
  const services = versions.flatMap((version, index) => [
    `version ${index} ${JSON.stringify({ ...version, services: undefined })}`,
    ...Object.entries(version.services).map(([name, service]) => `  ${name}: ${JSON.stringify(service)}`),
  ]);
  const script = steps.map(({ afterMs, what: { do: verb, ...rest } }) => {
    const about = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return `  +${afterMs} ms ${verb} ${about.join(' ')}`;
  });
  const end = `peace by ${peace}${down ? ', then down' : ''}`;
  return [`seed ${seed}, API ${apiVersion}`, ...services, 'steps', ...script, end].join('\n');
}

/** As the command asks for, which a service with a name of its own is not asked. */
export function replicasOf({ name, container_name, replicas }: Service, { scale }: Pick<Command, 'scale'>): number {
  return container_name === undefined ? (scale?.[name] ?? replicas) : replicas;
}
