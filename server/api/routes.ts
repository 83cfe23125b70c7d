/** Every RPC and its handler. What is not here answers Unimplemented. Called by server.ts. */
import type { Routes } from '../../shared/rpc/handler.ts';
import { attestAgent, type AttestAgentNeeds } from './agent/attest-agent.ts';
import { banAgent } from './agent/ban-agent.ts';
import { countAgents, type CountAgentsNeeds } from './agent/count-agents.ts';
import { createJoinToken, type CreateJoinTokenNeeds } from './agent/create-join-token.ts';
import { deleteAgent } from './agent/delete-agent.ts';
import { getAgent, type GetAgentNeeds } from './agent/get-agent.ts';
import { listAgents, type ListAgentsNeeds } from './agent/list-agents.ts';
import { postStatus, type PostStatusNeeds } from './agent/post-status.ts';
import type { RemoveAgentNeeds } from './agent/remove-agent.ts';
import { renewAgent, type RenewAgentNeeds } from './agent/renew-agent.ts';
import { type BundleNeeds, bundleRoutes } from './bundle/routes.ts';
import { getInfo, type GetInfoNeeds } from './debug/get-info.ts';
import { applyEntries, type ApplyEntriesNeeds } from './entry/apply-entries.ts';
import { batchCreateEntry, type BatchCreateEntryNeeds } from './entry/batch-create-entry.ts';
import { batchDeleteEntry, type BatchDeleteEntryNeeds } from './entry/batch-delete-entry.ts';
import { batchUpdateEntry, type BatchUpdateEntryNeeds } from './entry/batch-update-entry.ts';
import { countEntries, type CountEntriesNeeds } from './entry/count-entries.ts';
import { getAuthorizedEntries, type GetAuthorizedEntriesNeeds } from './entry/get-authorized-entries.ts';
import { getEntry, type GetEntryNeeds } from './entry/get-entry.ts';
import { listEntries, type ListEntriesNeeds } from './entry/list-entries.ts';
import { syncAuthorizedEntries, type SyncAuthorizedEntriesNeeds } from './entry/sync-authorized-entries.ts';
import { watchEntries, type WatchEntriesNeeds } from './entry/watch-entries.ts';
import { explainEntry, type ExplainEntryNeeds } from './explain/explain-entry.ts';
import type { CallContext } from './gate/context.ts';
import { check } from './health/check.ts';
import { listHealth } from './health/list.ts';
import { watchHealth, type WatchHealthNeeds } from './health/watch.ts';
import { getLogger, type LoggerNeeds } from './logger/get-logger.ts';
import { resetLogLevel } from './logger/reset-log-level.ts';
import { setLogLevel } from './logger/set-log-level.ts';
import type { ByHand } from '../ca/local-authorities.ts';
import { importX509Authority } from './localauthority/import-x509-authority.ts';
import { localAuthorityRoutes } from './localauthority/routes.ts';
import { batchNewX509Svid, type BatchNewX509SvidNeeds } from './svid/batch-new-x509-svid.ts';
import { batchNewWitSvid, type BatchNewWitSvidNeeds } from './svid/batch-new-wit-svid.ts';
import { mintJwtSvid, type MintJwtSvidNeeds } from './svid/mint-jwt-svid.ts';
import { mintWitSvid, type MintWitSvidNeeds } from './svid/mint-wit-svid.ts';
import { mintX509Svid, type MintX509SvidNeeds } from './svid/mint-x509-svid.ts';
import { newDownstreamX509Ca, type NewDownstreamX509CaNeeds } from './svid/new-downstream-x509-ca.ts';
import { newJwtSvid, type NewJwtSvidNeeds } from './svid/new-jwt-svid.ts';
import { watch, type WatchNeeds } from './sync/watch.ts';
import { type TrustDomainNeeds, trustDomainRoutes } from './trustdomain/routes.ts';

export interface RoutesNeeds {
  readonly agent: AttestAgentNeeds &
    RenewAgentNeeds &
    PostStatusNeeds &
    CreateJoinTokenNeeds &
    CountAgentsNeeds &
    ListAgentsNeeds &
    GetAgentNeeds &
    RemoveAgentNeeds;
  readonly entry: CountEntriesNeeds &
    ListEntriesNeeds &
    GetEntryNeeds &
    BatchCreateEntryNeeds &
    BatchUpdateEntryNeeds &
    BatchDeleteEntryNeeds &
    GetAuthorizedEntriesNeeds &
    SyncAuthorizedEntriesNeeds &
    ApplyEntriesNeeds &
    WatchEntriesNeeds;
  readonly svid: BatchNewX509SvidNeeds &
    MintX509SvidNeeds &
    NewJwtSvidNeeds &
    MintJwtSvidNeeds &
    BatchNewWitSvidNeeds &
    MintWitSvidNeeds &
    NewDownstreamX509CaNeeds;
  readonly bundle: BundleNeeds;
  readonly trustDomain: TrustDomainNeeds;
  readonly localAuthority: ByHand;
  readonly sync: WatchNeeds;
}

/** On both listeners. */
export const routes = (needs: RoutesNeeds): Routes<CallContext> => ({
  'spire.api.server.agent.v1.Agent': {
    AttestAgent: attestAgent(needs.agent),
    RenewAgent: renewAgent(needs.agent),
    PostStatus: postStatus(needs.agent),
    CreateJoinToken: createJoinToken(needs.agent),
    CountAgents: countAgents(needs.agent),
    ListAgents: listAgents(needs.agent),
    GetAgent: getAgent(needs.agent),
    DeleteAgent: deleteAgent(needs.agent),
    BanAgent: banAgent(needs.agent),
  },
  'spire.api.server.entry.v1.Entry': {
    CountEntries: countEntries(needs.entry),
    ListEntries: listEntries(needs.entry),
    GetEntry: getEntry(needs.entry),
    BatchCreateEntry: batchCreateEntry(needs.entry),
    BatchUpdateEntry: batchUpdateEntry(needs.entry),
    BatchDeleteEntry: batchDeleteEntry(needs.entry),
    GetAuthorizedEntries: getAuthorizedEntries(needs.entry),
    SyncAuthorizedEntries: syncAuthorizedEntries(needs.entry),
  },
  'spire.api.server.svid.v1.SVID': {
    MintX509SVID: mintX509Svid(needs.svid),
    BatchNewX509SVID: batchNewX509Svid(needs.svid),
    MintJWTSVID: mintJwtSvid(needs.svid),
    NewJWTSVID: newJwtSvid(needs.svid),
    MintWITSVID: mintWitSvid(needs.svid),
    BatchNewWITSVID: batchNewWitSvid(needs.svid),
    NewDownstreamX509CA: newDownstreamX509Ca(needs.svid),
  },
  'spire.api.server.bundle.v1.Bundle': bundleRoutes(needs.bundle),
  'spire.api.server.trustdomain.v1.TrustDomain': trustDomainRoutes(needs.trustDomain),
  'spire.api.server.localauthority.v1.LocalAuthority': localAuthorityRoutes(needs.localAuthority),
  'writ.entry.v1.EntryChanges': {
    ApplyEntries: applyEntries(needs.entry),
    WatchEntries: watchEntries(needs.entry),
  },
  'writ.sync.v1.Sync': {
    Watch: watch(needs.sync),
  },
});

export interface LocalRoutesNeeds {
  readonly health: WatchHealthNeeds;
  readonly explain: ExplainEntryNeeds;
  readonly logger: LoggerNeeds;
  readonly debug: GetInfoNeeds;
  readonly imports: ByHand['imports'];
}

/** On the admin socket alone. */
export const localRoutes = (needs: LocalRoutesNeeds): Routes<CallContext> => ({
  'writ.explain.v1.ExplainEntry': {
    ExplainEntry: explainEntry(needs.explain),
  },
  'writ.localauthority.v1.LocalAuthorityImport': {
    ImportX509Authority: importX509Authority(needs.imports),
  },
  'spire.api.server.debug.v1.Debug': {
    GetInfo: getInfo(needs.debug),
  },
  'spire.api.server.logger.v1.Logger': {
    GetLogger: getLogger(needs.logger),
    SetLogLevel: setLogLevel(needs.logger),
    ResetLogLevel: resetLogLevel(needs.logger),
  },
  'grpc.health.v1.Health': {
    Check: check(needs.health),
    List: listHealth(needs.health),
    Watch: watchHealth(needs.health),
  },
});
