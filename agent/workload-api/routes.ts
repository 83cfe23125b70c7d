/** Every RPC on the Workload API's socket. Those for WIT-SVIDs answer Unimplemented (Workload API 7: so may a server without WIT). */
import type { Routes } from '../../shared/rpc/handler.ts';
import type { JwtSvids } from '../cache/jwt-source.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';
import { type SdsDeps, sdsRoutes } from '../sds/routes.ts';
import { checkHealth } from './check-health.ts';
import type { ExplainSelf } from '../explain/explain-self.ts';
import { explainSelf } from './explain-self.ts';
import { fetchJwtBundles } from './fetch-jwt-bundles.ts';
import { fetchJwtSvid } from './fetch-jwt-svid.ts';
import { fetchX509Bundles } from './fetch-x509-bundles.ts';
import { fetchX509Svid } from './fetch-x509-svid.ts';
import type { WorkloadContext } from './gate.ts';

export interface RoutesDeps extends SdsDeps {
  readonly identities: Pick<WorkloadIdentities, 'subscribe' | 'entriesOf' | 'syncState'>;
  readonly jwtSvids: Pick<JwtSvids, 'fetchAll'>;
  readonly explain: ExplainSelf;
  readonly isSdsDisabled: boolean;
}

export function routes(deps: RoutesDeps): Routes<WorkloadContext> {
  const { identities, jwtSvids, explain, turns, allowUnauthenticatedVerifiers, isSdsDisabled, log } = deps;
  return {
    SpiffeWorkloadAPI: {
      FetchX509SVID: fetchX509Svid({ identities, turns, log }),
      FetchX509Bundles: fetchX509Bundles({ identities, turns, allowUnauthenticatedVerifiers }),
      FetchJWTSVID: fetchJwtSvid({ identities, jwtSvids }),
      FetchJWTBundles: fetchJwtBundles({ identities, turns, allowUnauthenticatedVerifiers }),
    },
    'writ.explain.v1.ExplainSelf': {
      ExplainSelf: explainSelf(explain),
    },
    'grpc.health.v1.Health': {
      Check: checkHealth(identities),
    },
    ...(isSdsDisabled ? {} : sdsRoutes(deps)),
  };
}
