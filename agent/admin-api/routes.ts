/** Every RPC on the admin socket. Called by listen. */
import type { LogThreshold } from '../../shared/log/log-level.ts';
import type { Routes } from '../../shared/rpc/handler.ts';
import { withReflection } from '../../shared/rpc/reflection/server-reflection-info.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';
import type { ExplainProcess } from '../explain/explain-process.ts';
import { checkHealth } from '../workload-api/check-health.ts';
import { getInfo, type GetInfoDeps } from './debug/get-info.ts';
import type { BundleStreamDeps } from './delegated-identity/bundle-stream.ts';
import { fetchJwtSvids, type FetchJwtSvidsDeps } from './delegated-identity/fetch-jwt-svids.ts';
import { subscribeToJwtBundles } from './delegated-identity/subscribe-to-jwt-bundles.ts';
import { subscribeToX509Bundles } from './delegated-identity/subscribe-to-x509-bundles.ts';
import {
  subscribeToX509Svids,
  type SubscribeToX509SvidsDeps,
} from './delegated-identity/subscribe-to-x509-svids.ts';
import { explainProcess } from './explain-process.ts';
import type { AdminContext } from './gate.ts';
import { getLogger } from './logger/get-logger.ts';
import { resetLogLevel } from './logger/reset-log-level.ts';
import { setLogLevel } from './logger/set-log-level.ts';

export interface RoutesDeps {
  readonly explain: ExplainProcess;
  readonly debug: GetInfoDeps;
  readonly delegated: SubscribeToX509SvidsDeps & FetchJwtSvidsDeps & BundleStreamDeps;
  readonly identities: Pick<WorkloadIdentities, 'syncState'>;
  readonly threshold: LogThreshold;
}

export const routes = (deps: RoutesDeps): Routes<AdminContext> =>
  withReflection<AdminContext>({
    'writ.explain.v1.Explain': { ExplainProcess: explainProcess(deps.explain) },
    'spire.agent.debug.v1.Debug': { GetInfo: getInfo(deps.debug) },
    'spire.api.agent.delegatedidentity.v1.DelegatedIdentity': {
      SubscribeToX509SVIDs: subscribeToX509Svids(deps.delegated),
      SubscribeToX509Bundles: subscribeToX509Bundles(deps.delegated),
      FetchJWTSVIDs: fetchJwtSvids(deps.delegated),
      SubscribeToJWTBundles: subscribeToJwtBundles(deps.delegated),
    },
    'spire.api.agent.logger.v1.Logger': {
      GetLogger: getLogger(deps.threshold),
      SetLogLevel: setLogLevel(deps.threshold),
      ResetLogLevel: resetLogLevel(deps.threshold),
    },
    'grpc.health.v1.Health': { Check: checkHealth(deps.identities, ['']) },
  });
