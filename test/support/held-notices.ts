/** An engine in memory whose notices arrive when the test says so: late, twice, in another order, or never. */
import type { EngineNotice } from '../../src/engine/engine.ts';
import { ModelEngine } from './model-engine.ts';

export class HeldNotices extends ModelEngine {
  /** Told by the world, and not yet handed to anybody. */
  readonly held: EngineNotice[] = [];
  isHolding = false;

  override notify(notice: EngineNotice): void {
    if (this.isHolding) this.held.push(notice);
    else super.notify(notice);
  }

  /** Hands over one of those that are held, counted from the oldest; it stays held when it comes twice. */
  deliver(index: number, how: 'once' | 'twice' = 'once'): void {
    const notice = this.held[index];
    if (notice === undefined) return;
    if (how === 'once') this.held.splice(index, 1);
    super.notify(notice);
  }

  deliverAll(): void {
    for (const notice of this.held.splice(0)) super.notify(notice);
  }

  lose(index: number): void {
    this.held.splice(index, 1);
  }

  /** The stream broke and is there again; what was held is lost. */
  reconnect(): void {
    this.held.length = 0;
    super.notify({ kind: 'disconnected', error: new Error('EOF') });
    super.notify({ kind: 'connected' });
  }
}
