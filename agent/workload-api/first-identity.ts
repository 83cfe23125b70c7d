/**
 * Beyond SPIRE: a process that no entry matches yet is given time before it is refused (`first_identity_wait`), which spares
 * workloads that start before their entry does, and clients that give up for good on PermissionDenied (Java). Used by gate.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Selector } from '../../shared/selectors.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';

export interface FirstIdentityDeps {
  readonly identities: Pick<WorkloadIdentities, 'subscribe' | 'matches'>;
  readonly waitMs: number;
  /** They answer at once where nobody needs an identity for them. */
  readonly allowUnauthenticatedVerifiers: boolean;
  readonly clock: Clock;
}

export interface FirstCall {
  readonly method: string;
  readonly selectors: readonly Selector[];
  readonly signal: AbortSignal;
}

/** The promise resolves when an entry matches, or the time is over; undefined where there is nothing to wait for. */
export type FirstIdentity = (call: FirstCall) => Promise<void> | undefined;

const FOR_BUNDLES: readonly string[] = [
  '/SpiffeWorkloadAPI/FetchX509Bundles',
  '/SpiffeWorkloadAPI/FetchJWTBundles',
  '/SpiffeWorkloadAPI/FetchWITBundles',
];
const WAITING: readonly string[] = [
  ...FOR_BUNDLES,
  '/SpiffeWorkloadAPI/FetchX509SVID',
  '/SpiffeWorkloadAPI/FetchJWTSVID',
  '/SpiffeWorkloadAPI/FetchWITSVID',
  '/envoy.service.secret.v3.SecretDiscoveryService/FetchSecrets',
];

export function firstIdentity(deps: FirstIdentityDeps): FirstIdentity {
  const { identities, waitMs, allowUnauthenticatedVerifiers } = deps;
  return (call) => {
    const isFree = allowUnauthenticatedVerifiers && FOR_BUNDLES.includes(call.method);
    if (waitMs === 0 || isFree || !WAITING.includes(call.method)) return undefined;
    return identities.matches(call.selectors).matching > 0 ? undefined : wait(deps, call);
  };
}

async function wait(
  { identities, waitMs, clock }: FirstIdentityDeps,
  { selectors, signal }: FirstCall,
): Promise<void> {
  const found = new AbortController();
  const subscription = identities.subscribe(
    selectors,
    ({ isEntitled }) => {
      if (isEntitled) found.abort();
    },
    'bundles',
  );
  try {
    await clock.sleep(waitMs, AbortSignal.any([signal, found.signal]));
  } catch {
    // there is one, or the caller has left
  } finally {
    subscription.close();
  }
}
