/**
 * A process that dies: everything it holds answers no more from one moment on, whatever its code still tries.
 * Each call through a mortal port is a moment; the world may be changed by others at any of them.
 */

export class Crash extends Error {
  override readonly name = 'Crash';
}

export interface Fate {
  /** The call, counted from 1, at which the process dies; undefined: it lives. */
  readonly diesAt?: number | undefined;
  /** Whether that call still takes effect. */
  readonly lastCallCounts?: boolean;
  /** What others do at the n-th call. */
  readonly meanwhile?: ReadonlyMap<number, () => void>;
}

export class Life {
  readonly #fate: Fate;
  readonly #end = new AbortController();
  #calls = 0;

  constructor(fate: Fate = {}) {
    this.#fate = fate;
  }

  /** Aborted when it dies. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  get calls(): number {
    return this.#calls;
  }

  /** The same object, as long as the process lives. */
  mortal<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_target, key) => {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member === 'function')
          return (...args: unknown[]) => this.#call(() => member.apply(target, args) as unknown);
        return typeof member === 'object' && member !== null ? this.mortal(member) : member;
      },
    });
  }

  #call(call: () => unknown): unknown {
    this.#check();
    this.#calls += 1;
    this.#fate.meanwhile?.get(this.#calls)?.();
    const isLast = this.#calls === this.#fate.diesAt;
    if (isLast && !this.#fate.lastCallCounts) this.#die();
    const answer = call();
    if (isLast && answer instanceof Promise) answer.catch(() => {});
    if (isLast) this.#die();
    if (!(answer instanceof Promise)) return answer;
    return answer.then(
      (value: unknown) => {
        this.#check();
        return value;
      },
      (error: unknown) => {
        this.#check();
        throw error;
      },
    );
  }

  #die(): never {
    const crash = new Crash('the process died');
    this.#end.abort(crash);
    throw crash;
  }

  #check(): void {
    if (this.#end.signal.aborted) throw new Crash('the process is dead');
  }
}
