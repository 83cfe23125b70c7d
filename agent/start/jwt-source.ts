/** JWT-SVIDs of the agent, put together for start/engine. */
import { JwtSigning } from '../cache/jwt-signing.ts';
import { JwtSource } from '../cache/jwt-source.ts';
import type { BundleCache } from '../cache/bundle-cache.ts';
import type { SvidCache } from '../cache/svid-cache.ts';
import { renewalTime } from '../renewal-time.ts';
import { SvidClient } from '../server-link/svid-client.ts';
import type { ServerConnection } from '../server-link/connection.ts';
import type { Positions } from '../sync/position.ts';
import type { KeepParts } from './keep.ts';

export interface JwtSourceNeeds extends KeepParts {
  /** What a call to the server failed with. */
  readonly onFailed: (error: unknown) => void;
  /** Aborted when the agent stops. */
  readonly stopping: AbortSignal;
}

export interface JwtLinks {
  readonly connection: ServerConnection;
  readonly positions: Positions;
  readonly bundles: BundleCache;
  readonly cache: SvidCache;
}

export function jwtSourceOf(
  { config, onFailed, stopping, clock, random, log }: JwtSourceNeeds,
  { connection, positions, bundles, cache }: JwtLinks,
): JwtSource {
  const issuer = new SvidClient(connection, positions);
  return new JwtSource({
    signing: new JwtSigning({ issuer, bundles, onFailed, stopping, clock, random }),
    findEntry: (id) => cache.findEntry(id),
    maxSvids: config.jwtSvidCacheMaxSize,
    patienceMs: config.jwtSvidCacheHitTimeoutSeconds * 1_000,
    renewalTime: (validity) => renewalTime(validity, { random }),
    clock,
    log,
  });
}
