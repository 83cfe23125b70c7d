/** An SVID cache with what it needs, and streams that keep what they are told. Used by the tests of cache. */
import type { AgentEntry } from '../../../agent/cache/agent-entry.ts';
import { BundleCache } from '../../../agent/cache/bundle-cache.ts';
import type { HeldSvid } from '../../../agent/cache/x509-kind.ts';
import { SvidCache } from '../../../agent/cache/svid-cache.ts';
import { x509Kind } from '../../../agent/cache/x509-kind.ts';
import type { Wants, WorkloadUpdate } from '../../../agent/cache/workload-identities.ts';
import { renewalTime, type Validity } from '../../../agent/renewal-time.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { makeRoot } from '../../shared/crypto/pki.ts';

const { certificate: root } = await makeRoot();

export const bundleOf = (trustDomain: string, sequenceNumber = 1): Bundle => ({
  trustDomain: TrustDomain.parse(trustDomain),
  x509Authorities: [{ certificate: root.raw, tainted: false }],
  jwtAuthorities: [],
  witAuthorities: [],
  refreshHintSeconds: 0,
  sequenceNumber,
});

export interface CacheStream {
  readonly updates: WorkloadUpdate[];
  /** Entries of the latest update; undefined before the first. */
  ids(): readonly string[] | undefined;
  close(): void;
}

export class CacheTestbed {
  readonly clock = new FakeClock();
  readonly bundles = new BundleCache(bundleOf('example.org'));
  readonly cache: SvidCache;
  wantedCalls = 0;

  constructor(
    maxSvids = 1_000,
    renewAt = (validity: Validity): Date => renewalTime(validity, { random: new FakeRandom() }),
    isSynchronised = true,
  ) {
    const onWanted = (): void => {
      this.wantedCalls += 1;
    };
    this.cache = new SvidCache({
      kind: x509Kind,
      bundles: this.bundles,
      maxSvids,
      renewalTime: renewAt,
      onWanted,
      clock: this.clock,
      log: new FakeLog(),
    });
    if (isSynchronised) this.cache.syncSucceeded(this.clock.now());
  }

  svidFor(entry: AgentEntry, lifeSeconds = 3_600): HeldSvid {
    return {
      entry,
      spiffeId: entry.spiffeId,
      chain: [Uint8Array.of(1)],
      privateKey: Uint8Array.of(2),
      issuedAt: this.clock.now(),
      expiresAt: addSeconds(this.clock.now(), lifeSeconds),
    };
  }

  putSvids(entries: readonly AgentEntry[], lifeSeconds?: number): void {
    this.cache.putSvids(entries.map((entry) => this.svidFor(entry, lifeSeconds)));
  }

  /** As the server does that refuses nothing. */
  signAll(): void {
    this.putSvids(this.cache.wanted(Number.POSITIVE_INFINITY));
  }

  subscribe(...selectors: readonly string[]): CacheStream {
    return this.watch(selectors, 'svids');
  }

  watch(selectors: readonly string[], wants: Wants): CacheStream {
    const updates: WorkloadUpdate[] = [];
    const subscription = this.cache.subscribe(
      selectors.map(parseSelector),
      (update) => updates.push(update),
      wants,
    );
    return {
      updates,
      ids: () => updates.at(-1)?.identities.map(({ entryId }) => entryId),
      close: () => subscription.close(),
    };
  }

  /** Sorted. */
  wantedIds(): readonly string[] {
    return this.cache
      .wanted(Number.POSITIVE_INFINITY)
      .map(({ id }) => id)
      .sort();
  }
}
