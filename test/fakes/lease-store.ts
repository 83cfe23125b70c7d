/** Leases in memory, judged by the clock that it is given. */
import type { Fence, LeaseRequest, LeaseStore, Taken } from '../../server/housekeeping/lease-store.ts';
import type { Clock } from '../../shared/clock.ts';

interface Lease {
  readonly holder: string;
  readonly expiresAt: Date;
  readonly doneAt: Date | undefined;
}

const LASTS_MS = 60_000;

export class FakeLeaseStore implements LeaseStore {
  readonly #clock: Clock;
  readonly #holder: string;
  readonly #leases: Map<string, Lease>;
  /** What every call fails with. */
  failure: Error | undefined;

  /** Of another server on the same leases, with `others`. */
  constructor(clock: Clock, holder = 'one', others?: FakeLeaseStore) {
    this.#clock = clock;
    this.#holder = holder;
    this.#leases = others === undefined ? new Map() : others.#leases;
  }

  async take({ name, now, restMs }: LeaseRequest): Promise<Taken> {
    if (this.failure !== undefined) throw this.failure;
    const lease = this.#leases.get(name);
    if (lease !== undefined && lease.expiresAt > this.#clock.now()) return 'held';
    const doneAt = lease?.doneAt;
    if (doneAt !== undefined && Math.abs(now.getTime() - doneAt.getTime()) < restMs) return 'rested';
    const expiresAt = new Date(this.#clock.now().getTime() + LASTS_MS);
    this.#leases.set(name, { holder: this.#holder, expiresAt, doneAt });
    return { name, holder: this.#holder };
  }

  async end({ name, holder }: Fence, doneAt: Date | undefined): Promise<void> {
    const lease = this.#leases.get(name);
    if (lease?.holder !== holder) return;
    this.#leases.set(name, { holder, expiresAt: this.#clock.now(), doneAt: doneAt ?? lease.doneAt });
  }

  /** As when the holder has been gone for long. */
  runOut(name: string): void {
    const lease = this.#leases.get(name);
    if (lease !== undefined) this.#leases.set(name, { ...lease, expiresAt: this.#clock.now() });
  }
}
