/** The keys of `agent {}` about what the Workload API answers, and `experimental { ratelimit {} }`. Called by agent-fields and experimental-fields. */
import { boolean, duration, integer, listOf, text } from '../../shared/config/kinds.ts';
import { type Block, defaulting, type Shape } from '../../shared/config/shape.ts';

export interface WorkloadApiConfig {
  /** Envoy's API on the same socket stays. */
  readonly isDisabled: boolean;
  /** Claims of other trust domains' JWT-SVIDs that workloads are told, beside those that all have. */
  readonly allowedForeignJwtClaims: readonly string[];
  /** How long a call waits for a first identity; 0: not at all. */
  readonly firstIdentityWaitSeconds: number;
}

/** Whoever waits holds a call; a client that waits longer for its first answer has given up. */
const FIRST_IDENTITY_WAIT_MAX_SECONDS = 600;

export const workloadApiFields = (block: Block): WorkloadApiConfig => ({
  isDisabled: block.field(
    'disable_workload_api',
    defaulting(boolean, false, { doc: "no Workload API: the socket has Envoy's API alone" }),
  ),
  allowedForeignJwtClaims: block.field(
    'allowed_foreign_jwt_claims',
    defaulting(listOf(text), [], {
      doc: 'claims of JWT-SVIDs of other trust domains that ValidateJWTSVID tells, beside `sub`, `aud` and `exp`',
      shown: '',
    }),
  ),
  firstIdentityWaitSeconds: firstIdentityWait(block),
});

function firstIdentityWait(block: Block): number {
  const key = 'first_identity_wait';
  const seconds = block.field(
    key,
    defaulting(duration(0), 0, {
      doc: "Writ's own: how long a call of a process that no entry matches yet waits for one before it is refused; 10m at most",
      shown: '0s',
    }),
  );
  if (seconds > FIRST_IDENTITY_WAIT_MAX_SECONDS) block.fault(`"${key}" must be at most 10m`, key);
  return seconds;
}

/** By method, how many calls of the processes with the same selectors are answered in a second; one that is not there has no limit. */
export type CallLimits = ReadonlyMap<string, number>;

const LIMITED = {
  fetch_x509_svid: '/SpiffeWorkloadAPI/FetchX509SVID',
  fetch_x509_bundles: '/SpiffeWorkloadAPI/FetchX509Bundles',
  fetch_jwt_svid: '/SpiffeWorkloadAPI/FetchJWTSVID',
  fetch_jwt_bundles: '/SpiffeWorkloadAPI/FetchJWTBundles',
  stream_secrets: '/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets',
  fetch_secrets: '/envoy.service.secret.v3.SecretDiscoveryService/FetchSecrets',
} as const;

/** SPIRE's `ratelimit {}`. */
export const callLimitsShape: Shape<CallLimits> = (block) => {
  const limits = Object.entries(LIMITED).map(([key, method]): [string, number] => {
    const rpc = method.split('/').at(-1);
    const doc = `calls of ${rpc} in a second, and at once, by processes with the same selectors; 0: any number`;
    return [method, block.field(key, defaulting(integer(0), 0, { doc }))];
  });
  return new Map(limits.filter(([, perSecond]) => perSecond > 0));
};
