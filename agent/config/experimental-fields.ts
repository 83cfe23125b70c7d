/** `experimental {}` of agent.conf. Called by agent-fields. */
import { boolean, duration, integer, listOf, oneOf } from '../../shared/config/kinds.ts';
import { type CallLimits, callLimitsShape } from './workload-api-fields.ts';
import { type Block, defaulting, optional, type Shape } from '../../shared/config/shape.ts';

export interface ExperimentalFields {
  readonly syncIntervalSeconds: number;
  readonly useSyncAuthorizedEntries: boolean;
  readonly requirePqKem: boolean;
  readonly jwtSvidCacheHitTimeoutSeconds: number;
  readonly callLimits: CallLimits;
  readonly isWitEnabled: boolean;
  /** DIVERGES: here SPIRE had it before 1.9, and refuses it now: an older file is read as it was meant. */
  readonly formerCacheMaxSize: number | undefined;
}

export const CACHE_MAX_SIZE_KEY = 'x509_svid_cache_max_size';

/** Faster would be a load on the server and no sooner news: those are pushed. */
const MIN_SYNC_SECONDS = 0.1;

/** SPIRE's names. What `forced_rotation` once turned on is always there. */
const FEATURE_FLAGS = ['wit-svid', 'forced_rotation'] as const;

/** SPIRE: between these. */
const MIN_HIT_TIMEOUT_SECONDS = 5;
const MAX_HIT_TIMEOUT_SECONDS = 30;

export const experimentalFields: Shape<ExperimentalFields> = (block) => {
  block.notSupported('broker', 'the broker API');
  block.withoutEffect('admin_named_pipe_name', 'Windows only');
  block.withoutEffect('named_pipe_name', 'Windows only');
  return {
    syncIntervalSeconds: block.field(
      'sync_interval',
      defaulting(duration(MIN_SYNC_SECONDS), 5, {
        doc: 'time between two looks at the server, where it does not push',
        shown: '5s',
      }),
    ),
    useSyncAuthorizedEntries: block.field(
      'use_sync_authorized_entries',
      defaulting(boolean, true, { doc: 'ask for changes of entries only' }),
    ),
    jwtSvidCacheHitTimeoutSeconds: cacheHitTimeout(block),
    isWitEnabled: block
      .field(
        'feature_flags',
        defaulting(listOf(oneOf(FEATURE_FLAGS)), [], {
          doc: 'names of features to turn on: `wit-svid` gives WIT-SVIDs to workloads; `forced_rotation` is always on',
          shown: '',
        }),
      )
      .includes('wit-svid'),
    callLimits: block.block('ratelimit', 'limits on calls of the Workload API and SDS', callLimitsShape),
    formerCacheMaxSize: block.field(
      CACHE_MAX_SIZE_KEY,
      optional(integer(0), 'as in agent, where it belongs now'),
    ),
    requirePqKem: block.field(
      'require_pq_kem',
      defaulting(boolean, false, { doc: 'only TLS 1.3 with a post-quantum key exchange' }),
    ),
  };
};

function cacheHitTimeout(block: Block): number {
  const key = 'jwt_svid_cache_hit_timeout';
  const seconds = block.field(
    key,
    defaulting(duration(MIN_HIT_TIMEOUT_SECONDS), MAX_HIT_TIMEOUT_SECONDS, {
      doc: 'how long a new JWT-SVID may take while an older one is valid, which is served then; 30s at most',
      shown: '30s',
    }),
  );
  if (seconds > MAX_HIT_TIMEOUT_SECONDS)
    block.fault(`"${key}" must be at most ${MAX_HIT_TIMEOUT_SECONDS}s`, key);
  return seconds;
}
