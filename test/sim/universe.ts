/**
 * Puts a simulation's own time, chance, sockets and file notices where Node's are, for this whole process.
 * reeve and its libraries run unchanged on them. Only a worker of the simulation may do this: nothing real is left to it
 * but files, SQLite and the channel to its parent.
 */
import crypto from 'node:crypto';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';
import timersPromises from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import { seeded, type Random } from '../support/sim/random.ts';
import { Time, type Owner } from './time.ts';

/** Whoever answers at a path of a unix socket. */
export type Listener = (owner: Owner) => Duplex;

export class Universe {
  readonly time = new Time();
  readonly listeners = new Map<string, Listener>();
  random: Random = seeded(0);
  readonly #watchers = new Map<string, Set<Watcher>>();

  /** Nothing of the simulation before is left. */
  reset(seed: number): void {
    this.time.reset();
    this.listeners.clear();
    this.#watchers.clear();
    this.random = seeded(seed);
  }

  install(): void {
    this.#installTimers();
    this.#installChance();
    this.#installFileNotices();
    this.#installSockets();
    syncBuiltinESMExports();
  }

  #installTimers(): void {
    const { time } = this;
    const set = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): VirtualTimer =>
      new VirtualTimer(time, { ms, again: false, callback: () => callback(...args) });
    const setAgain = (callback: (...args: unknown[]) => void, ms = 1, ...args: unknown[]): VirtualTimer =>
      new VirtualTimer(time, { ms: Math.max(1, ms), again: true, callback: () => callback(...args) });
    const clear = (timer: unknown): void => {
      if (timer instanceof VirtualTimer) timer.close();
    };
    Object.assign(globalThis, { setTimeout: set, setInterval: setAgain, clearTimeout: clear, clearInterval: clear });
    const never = new AbortController().signal;
    Object.assign(timersPromises, {
      setTimeout: async (ms = 0, value?: unknown, options?: { readonly signal?: AbortSignal }): Promise<unknown> => {
        await time.delay(ms, options?.signal ?? never);
        return value;
      },
    });
    AbortSignal.timeout = (ms) => {
      const controller = new AbortController();
      time.setTimer(ms, () => controller.abort(new DOMException('the time is up', 'TimeoutError')));
      return controller.signal;
    };
    Date.now = () => Math.floor(time.now());
    performance.now = () => time.monotonic();
  }

  #installChance(): void {
    Math.random = () => this.random.next();
    const digits = (count: number): string =>
      Array.from({ length: count }, () => this.random.below(16).toString(16)).join('');
    crypto.randomUUID = () => `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`;
  }

  /** A file's new time is heard a moment later by those who watch its folder. */
  #installFileNotices(): void {
    const { time } = this;
    const real = fs.utimesSync.bind(fs);
    const watch = (folder: string, _options: object, listener: (event: string, name: string) => void): Watcher => {
      const watchers = this.#watchers.get(folder) ?? new Set();
      this.#watchers.set(folder, watchers);
      const watcher = new Watcher(time.owner(), listener, (one) => watchers.delete(one));
      watchers.add(watcher);
      return watcher;
    };
    const utimesSync: typeof fs.utimesSync = (path, ...times) => {
      real(path, ...times);
      const name = String(path);
      for (const watcher of this.#watchers.get(dirname(name)) ?? []) {
        time.as(watcher.owner, () => time.setTimer(1, () => watcher.tell(basename(name))));
      }
    };
    Object.assign(fs, { watch, utimesSync });
  }

  #installSockets(): void {
    const { listeners, time } = this;
    const real: unknown = Reflect.get(http.Agent.prototype, 'createConnection');
    const createConnection = function (
      this: http.Agent,
      options: { readonly socketPath?: string },
      ...rest: unknown[]
    ) {
      const listener = listeners.get(options.socketPath ?? '');
      if (listener) return listener(time.owner());
      if (typeof real !== 'function') throw new Error('http.Agent makes no connections');
      return real.call(this, options, ...rest) as unknown;
    };
    Object.assign(http.Agent.prototype, { createConnection });
  }
}

class Watcher extends EventEmitter {
  readonly owner: Owner;
  readonly #listener: (event: string, name: string) => void;
  readonly #leave: (watcher: Watcher) => void;
  #isOpen = true;

  constructor(owner: Owner, listener: (event: string, name: string) => void, leave: (watcher: Watcher) => void) {
    super();
    this.owner = owner;
    this.#listener = listener;
    this.#leave = leave;
  }

  tell(name: string): void {
    if (this.#isOpen) this.#listener('change', name);
  }

  close(): void {
    this.#isOpen = false;
    this.#leave(this);
  }
}

/** What setTimeout gives. */
class VirtualTimer {
  readonly #time: Time;
  readonly #parts: { readonly ms: number; readonly again: boolean; readonly callback: () => void };
  #cancel: () => void = () => {};

  constructor(time: Time, parts: { readonly ms: number; readonly again: boolean; readonly callback: () => void }) {
    this.#time = time;
    this.#parts = parts;
    this.#arm();
  }

  #arm(): void {
    const { ms, again, callback } = this.#parts;
    this.#cancel = this.#time.setTimer(ms, () => {
      if (again) this.#arm();
      callback();
    });
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    this.#cancel();
    this.#arm();
    return this;
  }

  close(): this {
    this.#cancel();
    return this;
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }
}
