/** Every RPC on the Workload API's socket. One that is not here answers Unimplemented. */
import { unavailable } from '../../shared/errors.ts';
import type { Handler, Routes } from '../../shared/rpc/handler.ts';
import { withReflection } from '../../shared/rpc/reflection/server-reflection-info.ts';
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
import { validateJwtSvid } from './validate-jwt-svid.ts';
import { fetchWitBundles } from './fetch-wit-bundles.ts';
import { fetchWitSvid, type FetchWitSvidDeps } from './fetch-wit-svid.ts';
import type { WorkloadContext } from './gate.ts';

export interface RoutesDeps extends SdsDeps {
  readonly identities: Pick<WorkloadIdentities, 'subscribe' | 'entriesOf' | 'bundlesOf' | 'syncState'>;
  readonly jwtSvids: Pick<JwtSvids, 'fetchAll'>;
  readonly explain: ExplainSelf;
  readonly isSdsDisabled: boolean;
  /** Undefined: WIT-SVIDs are turned off (Workload API 7: their RPCs are Unimplemented then). */
  readonly wit: FetchWitSvidDeps['wit'] | undefined;
  readonly isWorkloadApiDisabled: boolean;
  readonly allowedForeignJwtClaims: readonly string[];
}

export function routes(deps: RoutesDeps): Routes<WorkloadContext> {
  const { identities, explain, isSdsDisabled, isWorkloadApiDisabled } = deps;
  const own: Routes<WorkloadContext> = {
    ...(isWorkloadApiDisabled ? {} : { SpiffeWorkloadAPI: workloadApiRoutes(deps) }),
    'writ.explain.v1.ExplainSelf': {
      ExplainSelf: explainSelf(explain),
    },
    'grpc.health.v1.Health': {
      Check: checkHealth(identities, ['', 'SpiffeWorkloadAPI']),
    },
    ...(isSdsDisabled ? {} : sdsRoutes(deps)),
  };
  return withReflection(own, ({ peer }) => {
    if (deps.rates.take(peer.uid) === undefined) throw unavailable(`user ${peer.uid} calls too often`);
  });
}

const workloadApiRoutes = (deps: RoutesDeps): Readonly<Record<string, Handler<WorkloadContext>>> => ({
  FetchX509SVID: fetchX509Svid(deps),
  FetchX509Bundles: fetchX509Bundles(deps),
  FetchJWTSVID: fetchJwtSvid(deps),
  FetchJWTBundles: fetchJwtBundles(deps),
  ValidateJWTSVID: validateJwtSvid(deps),
  ...(deps.wit === undefined
    ? {}
    : {
        FetchWITSVID: fetchWitSvid({ ...deps, wit: deps.wit }),
        FetchWITBundles: fetchWitBundles(deps),
      }),
});
