/**
 * Bundles of the other trust domains that `admin_ids` names, in memory: what their administrators are verified against.
 * Asked by gate/caller, started by server.ts. A bundle that was deleted, or could not be confirmed, lets nobody in.
 */
import type { Bundle, X509Authority } from '../../shared/bundle/bundle.ts';
import { isSameBundle } from '../../shared/bundle/same-bundle.ts';
import { type Clock, every, isWithin, type Moment, momentOf } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Part } from '../../shared/tasks.ts';
import { FreshRun } from '../entries/fresh-run.ts';
import type { BundleStore } from './bundle-store.ts';

const POLL_MS = 1_000; // hints may be lost
const FRESH_MS = 5_000; // as long as memory may allow an agent (nodes/check-agent)

export interface AdminBundlesNeeds {
  readonly trustDomain: TrustDomain;
  readonly adminIds: readonly SpiffeId[];
  readonly bundles: Pick<BundleStore, 'find' | 'onHint'>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Held {
  readonly trustDomain: TrustDomain;
  readonly reads: FreshRun<void>;
  bundle: Bundle | undefined;
  confirmedAt: Moment | undefined;
}

const NONE: readonly X509Authority[] = [];

export class AdminBundles implements Part {
  readonly name = 'admin bundles';
  readonly #needs: AdminBundlesNeeds;
  readonly #held: ReadonlyMap<string, Held>;
  #isFailing = false;
  #loop: Promise<void> = Promise.resolve();
  #forgetHints = (): void => {};

  constructor(needs: AdminBundlesNeeds) {
    this.#needs = needs;
    const foreign = needs.adminIds.map((id) => id.trustDomain).filter((td) => !td.equals(needs.trustDomain));
    this.#held = new Map(foreign.map((trustDomain) => [trustDomain.name, this.#hold(trustDomain)]));
  }

  /** Reads the bundles, then keeps them fresh until the signal aborts; without such administrators it does nothing. */
  async start(signal: AbortSignal): Promise<void> {
    if (this.#held.size === 0) return;
    this.#forgetHints = this.#needs.bundles.onHint(() => void this.#refreshAll());
    this.#loop = every({ clock: this.#needs.clock, ms: () => POLL_MS, signal }, () => this.#refreshAll());
  }

  async stop(): Promise<void> {
    this.#forgetHints();
    await this.#loop;
  }

  /** Those of a trust domain whose bundle was seen in the store within five seconds; none of any other. */
  authoritiesOf(trustDomain: TrustDomain): readonly X509Authority[] {
    const held = this.#held.get(trustDomain.name);
    if (held?.confirmedAt === undefined) return NONE;
    const isFresh = isWithin(FRESH_MS, held.confirmedAt, momentOf(this.#needs.clock));
    return isFresh ? (held.bundle?.x509Authorities ?? NONE) : NONE;
  }

  /** Reads the store now. Throws as the store does. */
  async refresh(trustDomain: TrustDomain): Promise<void> {
    await this.#held.get(trustDomain.name)?.reads.run();
  }

  #hold(trustDomain: TrustDomain): Held {
    const held: Held = {
      trustDomain,
      reads: new FreshRun(() => this.#read(held)),
      bundle: undefined,
      confirmedAt: undefined,
    };
    return held;
  }

  async #read(held: Held): Promise<void> {
    const { clock, bundles } = this.#needs;
    const askedAt = momentOf(clock);
    const found = await bundles.find(held.trustDomain);
    held.confirmedAt = askedAt;
    const isSame = found !== undefined && held.bundle !== undefined && isSameBundle(held.bundle, found);
    if (!isSame) held.bundle = found; // else the list of authorities stays the same one, and what it verified counts
  }

  async #refreshAll(): Promise<void> {
    const { log } = this.#needs;
    try {
      await Promise.all([...this.#held.values()].map(({ reads }) => reads.run()));
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        log.warn('bundles of foreign administrators cannot be read', { error: messageOf(error) });
      this.#isFailing = true;
    }
  }
}
