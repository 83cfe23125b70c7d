/** Every RPC on the admin socket. Called by listen. */
import type { LogThreshold } from '../../shared/log/log-level.ts';
import type { Routes } from '../../shared/rpc/handler.ts';
import type { ExplainProcess } from '../explain/explain-process.ts';
import { getInfo, type GetInfoDeps } from './debug/get-info.ts';
import type { BundleStreamDeps } from './delegated-identity/bundle-stream.ts';
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
  readonly delegated: SubscribeToX509SvidsDeps & BundleStreamDeps;
  readonly threshold: LogThreshold;
}

export const routes = ({ explain, debug, delegated, threshold }: RoutesDeps): Routes<AdminContext> => ({
  'writ.explain.v1.Explain': { ExplainProcess: explainProcess(explain) },
  'spire.agent.debug.v1.Debug': { GetInfo: getInfo(debug) },
  'spire.api.agent.delegatedidentity.v1.DelegatedIdentity': {
    SubscribeToX509SVIDs: subscribeToX509Svids(delegated),
    SubscribeToX509Bundles: subscribeToX509Bundles(delegated),
  },
  'spire.api.agent.logger.v1.Logger': {
    GetLogger: getLogger(threshold),
    SetLogLevel: setLogLevel(threshold),
    ResetLogLevel: resetLogLevel(threshold),
  },
});
