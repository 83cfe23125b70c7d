/** Every RPC of Envoy's Secret Discovery Service, on the Workload API's socket. Listed in workload-api/routes. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { Routes } from '../../shared/rpc/handler.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';
import type { Rates } from '../rates.ts';
import type { WorkloadContext } from '../workload-api/gate.ts';
import type { PushTurns } from '../workload-api/push-turns.ts';
import { deltaSecrets } from './delta-secrets.ts';
import { fetchSecrets } from './fetch-secrets.ts';
import { findResources, type ResourcesDeps } from './resources.ts';
import { streamSecrets } from './stream-secrets.ts';
import { tell } from './tell.ts';

export interface SdsDeps extends ResourcesDeps {
  readonly identities: Pick<WorkloadIdentities, 'subscribe'>;
  readonly isSpiffeValidationDisabled: boolean;
  readonly turns: PushTurns;
  /** Calls of each user. */
  readonly rates: Pick<Rates, 'take'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export function sdsRoutes(deps: SdsDeps): Routes<WorkloadContext> {
  const streams = { ...deps, find: findResources(deps), tell: tell(deps.log, deps.clock) };
  return {
    'envoy.service.secret.v3.SecretDiscoveryService': {
      StreamSecrets: streamSecrets(streams),
      DeltaSecrets: deltaSecrets(streams),
      FetchSecrets: fetchSecrets(streams),
    },
  };
}
