/** WIT-SVIDs of the agent, put together for start/engine where they are turned on: a cache and what fills it. */
import { SvidCache } from '../cache/svid-cache.ts';
import { type HeldWitSvid, type WitIdentity, witKind } from '../cache/wit-kind.ts';
import { renewalTime } from '../renewal-time.ts';
import { SvidClient } from '../server-link/svid-client.ts';
import { SvidRenewal } from '../sync/renew-svids.ts';
import { WitSigning } from '../sync/sign-wit.ts';
import { withdrawExpired } from '../sync/withdraw-expired.ts';
import type { SyncedCache } from '../sync/sync.ts';
import { WitSupport } from '../sync/wit-support.ts';
import type { JwtLinks, JwtSourceNeeds } from './jwt-source.ts';

export interface WitEngine {
  readonly cache: SvidCache<HeldWitSvid, WitIdentity>;
  readonly support: WitSupport;
  /** Until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  wake(): void;
}

/** Undefined unless they are turned on. `onRecovered`: the server answered again after it did not. */
export function witEngineOf(
  { config, onFailed, clock, random, log }: JwtSourceNeeds,
  { connection, positions, bundles }: Omit<JwtLinks, 'cache'>,
  onRecovered: () => void,
): WitEngine | undefined {
  if (!config.isWitEnabled) return undefined;
  const support = new WitSupport(clock);
  const wake = (): void => renewal.wake();
  const cache = new SvidCache({
    kind: witKind,
    bundles,
    maxSvids: config.x509SvidCacheMaxSize,
    renewalTime: (validity) => renewalTime(validity, { random }),
    onWanted: wake,
    clock,
    log,
  });
  const issuer = new SvidClient(connection, positions);
  const signing = new WitSigning({ bundles, issuer, keyType: config.workloadKeyType, support, clock });
  const renewal = new SvidRenewal({ cache, signing, onFailed, onRecovered, clock, random, log });
  const run = async (signal: AbortSignal): Promise<void> => {
    await Promise.all([
      renewal.run(signal),
      withdrawExpired({ cache, onWithdrawn: wake, clock, log }, signal),
    ]);
  };
  return { cache, support, run, wake };
}

/** What a round of synchronisation brings goes into each of them. */
export const together = (...caches: readonly SyncedCache[]): SyncedCache => ({
  apply: (entries) => caches.forEach((cache) => cache.apply(entries)),
  syncSucceeded: (at) => caches.forEach((cache) => cache.syncSucceeded(at)),
  syncFailed: (message) => caches.forEach((cache) => cache.syncFailed(message)),
});
