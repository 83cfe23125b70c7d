/** Every RPC on the Workload API's socket. JWT and WIT ones answer Unimplemented (Workload API 7: so may a server without WIT). */
import type { Logger } from '../../shared/log/logger.ts';
import type { Routes } from '../../shared/rpc/handler.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';
import { checkHealth } from './check-health.ts';
import type { ExplainSelf } from '../explain/explain-self.ts';
import { explainSelf } from './explain-self.ts';
import { fetchX509Bundles } from './fetch-x509-bundles.ts';
import { fetchX509Svid } from './fetch-x509-svid.ts';
import type { WorkloadContext } from './gate.ts';
import type { PushTurns } from './push-turns.ts';

export interface RoutesDeps {
  readonly identities: Pick<WorkloadIdentities, 'subscribe' | 'syncState'>;
  readonly explain: ExplainSelf;
  readonly turns: PushTurns;
  readonly allowUnauthenticatedVerifiers: boolean;
  readonly log: Logger;
}

export const routes = ({
  identities,
  explain,
  turns,
  allowUnauthenticatedVerifiers,
  log,
}: RoutesDeps): Routes<WorkloadContext> => ({
  SpiffeWorkloadAPI: {
    FetchX509SVID: fetchX509Svid({ identities, turns, log }),
    FetchX509Bundles: fetchX509Bundles({ identities, turns, allowUnauthenticatedVerifiers }),
  },
  'writ.explain.v1.ExplainSelf': {
    ExplainSelf: explainSelf(explain),
  },
  'grpc.health.v1.Health': {
    Check: checkHealth(identities),
  },
});
