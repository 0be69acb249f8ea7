/** A connection for the length of one command: files are read while the engine is reached, and everything is closed at the end. */

import type { ReconcileEvent, ReconcilerPorts } from '../controller/reconciler.ts';
import { UsageError } from '../model/errors.ts';
import type { Invocation } from './invocation.ts';
import type { Connection } from './wire.ts';
import { nextTurn, openConnection, reconcilerPorts } from './wire.ts';

/** Loads and connects at the same time, then works. What the files say wrong is said before what the engine does. */
export async function withConnection<L, T>(
  invocation: Invocation,
  load: () => Promise<L>,
  work: (connection: Connection, loaded: L) => Promise<T>,
): Promise<T> {
  const giveUp = new AbortController();
  const { interrupts, flags } = invocation;
  const ended = AbortSignal.any([interrupts.drain, interrupts.signal, giveUp.signal]);
  const warn = (text: string): void => invocation.output.warn(text);
  const opening = openConnection({ host: flags.host, signal: ended, onSilence: warn, onNotice: warn });
  opening.catch(() => {});
  let loaded: L;
  try {
    await nextTurn();
    loaded = await load();
  } catch (error) {
    giveUp.abort(error);
    await opening.then((connection) => connection.close()).catch(() => {});
    throw error;
  }
  const connection = await opening;
  try {
    for (const notice of connection.state.notices) invocation.output.warn(notice);
    return await work(connection, loaded);
  } finally {
    await connection.close();
  }
}

/** As withConnection, with all that the reconciler needs. */
export function withPorts<L, T>(
  invocation: Invocation,
  options: {
    readonly parallel?: number | undefined;
    readonly rememberMs?: number;
    readonly load: () => Promise<L>;
    readonly emit: (event: ReconcileEvent) => void;
  },
  work: (ports: ReconcilerPorts, loaded: L) => Promise<T>,
): Promise<T> {
  return withConnection(invocation, options.load, async (connection, loaded) => {
    const { parallel = parallelLimit(invocation.loadOptions.environment), rememberMs, emit } = options;
    return work(await reconcilerPorts(connection, { parallel, rememberMs, emit }), loaded);
  });
}

/** COMPOSE_PARALLEL_LIMIT; undefined, as for what is below 1: as many as fit the engine. */
function parallelLimit(environment: Readonly<Record<string, string | undefined>>): number | undefined {
  const text = environment['COMPOSE_PARALLEL_LIMIT'] ?? '';
  if (text === '') return undefined;
  const limit = Number(text);
  if (!Number.isInteger(limit))
    throw new UsageError(`COMPOSE_PARALLEL_LIMIT=${text} is no number: write one, or unset it`);
  return limit > 0 ? limit : undefined;
}
