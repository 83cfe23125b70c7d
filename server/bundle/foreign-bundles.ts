/**
 * Bundles of other trust domains as agents ask for them, thousands of times a second: read once and given again while
 * that cannot be old. Called by get-federated-bundle, started by server.ts.
 */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { type Clock, isWithin, type Moment, momentOf } from '../../shared/clock.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Part } from '../../shared/tasks.ts';
import type { BundleStore } from './bundle-store.ts';

/** As long as a hint may be late: whoever keeps bundles in memory reads them once a second. */
const FRESH_MS = 1_000;
const HELD_MAX = 1_000;

export interface ForeignBundlesNeeds {
  readonly bundles: Pick<BundleStore, 'find' | 'onHint'>;
  /** Where a change that agents are told of moves on: what was read before it may be older than they know. */
  readonly changes: { readonly position: { readonly n: number } | undefined };
  readonly clock: Clock;
}

interface Held {
  /** One that is under way is shared. */
  readonly bundle: Promise<Bundle | undefined>;
  readonly readAt: Moment;
  readonly position: number | undefined;
}

export class ForeignBundles implements Part {
  readonly name = 'foreign bundles';
  readonly #needs: ForeignBundlesNeeds;
  readonly #held = new Map<string, Held>();
  #forgetHints = (): void => {};

  constructor(needs: ForeignBundlesNeeds) {
    this.#needs = needs;
  }

  async start(): Promise<void> {
    this.#forgetHints = this.#needs.bundles.onHint(() => this.#held.clear());
  }

  async stop(): Promise<void> {
    this.#forgetHints();
  }

  /** Undefined when the store has none. Throws as the store does. */
  find(trustDomain: TrustDomain): Promise<Bundle | undefined> {
    const { bundles, changes, clock } = this.#needs;
    const now = momentOf(clock);
    const held = this.#held.get(trustDomain.name);
    const position = changes.position?.n;
    if (held !== undefined && held.position === position && isWithin(FRESH_MS, held.readAt, now))
      return held.bundle;
    const read = { bundle: bundles.find(trustDomain), readAt: now, position };
    this.#hold(trustDomain, read);
    return read.bundle;
  }

  /** What is not there, and what could not be read, is not kept. */
  #hold({ name }: TrustDomain, read: Held): void {
    if (this.#held.size >= HELD_MAX) this.#held.clear();
    this.#held.set(name, read);
    const forget = (): void => {
      if (this.#held.get(name) === read) this.#held.delete(name);
    };
    read.bundle.then((bundle) => bundle ?? forget(), forget);
  }
}
