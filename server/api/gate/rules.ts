/**
 * Every RPC: who may call it, what limits it, what the audit log says of its request. SPIRE's default policy, as data.
 * Read by gate/order; an RPC that is not here is refused with Internal, one that has no handler never gets here.
 */
import type { LogFields } from '../../../shared/log/logger.ts';
import {
  appendFields,
  publishJwtFields,
  publishWitFields,
  trustDomainFields,
} from './audit-bundle-fields.ts';
import {
  agentFilterFields,
  agentIdFields,
  authorityIdFields,
  downstreamFields,
  entryFilterFields,
  entryIdFields,
  explainedEntryFields,
  importFields,
  joinTokenFields,
  jwtSvidFields,
  logLevelFields,
  mintFields,
  mintJwtFields,
  mintWitFields,
  renewalFields,
  statusFields,
  subjectKeyIdFields,
} from './audit-fields.ts';

/** `any`: everybody, without a certificate too. `local`: the admin socket. */
export type Who = 'any' | 'local' | 'admin' | 'downstream' | 'agent';

/** Roles below administrators: see gate/roles. */
export type LesserRole = 'viewer' | 'registrar' | 'operator';

/** Limited per client address: see gate/rate-limit. */
export type Limit = 'attestation' | 'csr' | 'jwt' | 'wit' | 'publish' | 'status';

export interface Rule {
  readonly who: readonly Who[];
  /** Where roles are configured, those that may call it too; administrators always may. */
  readonly roles?: readonly LesserRole[];
  /** Tells and changes so little that on the admin socket it is open to users without a role. */
  readonly isHarmless?: true;
  readonly limit?: Limit;
  /** The request's list whose length is its weight; without it a call weighs 1. */
  readonly weighedBy?: string;
  /** What the audit log says of the request. */
  readonly audited?: (request: never) => LogFields;
  /** Not in the audit log unless it fails: asked every few seconds, and changes nothing. */
  readonly isRoutine?: true;
  /** Lasts for as long as its caller wants: that the caller leaves is its good end. */
  readonly endsWithCaller?: true;
}

const ADMINS: readonly Who[] = ['local', 'admin'];
const AGENT_READERS: readonly LesserRole[] = ['viewer', 'operator'];
const ENTRY_READERS: readonly LesserRole[] = ['viewer', 'registrar'];

const REFLECTION: Readonly<Record<string, Rule>> = {
  ServerReflectionInfo: { who: ADMINS, isRoutine: true, endsWithCaller: true },
};

export const rules: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  'spire.api.server.agent.v1.Agent': {
    AttestAgent: { who: ['any'], limit: 'attestation' },
    RenewAgent: { who: ['agent'], limit: 'csr', audited: renewalFields },
    PostStatus: { who: ['agent'], limit: 'status', audited: statusFields },
    CreateJoinToken: { who: ADMINS, roles: ['operator'], audited: joinTokenFields },
    CountAgents: { who: ADMINS, roles: AGENT_READERS, audited: agentFilterFields },
    ListAgents: { who: ADMINS, roles: AGENT_READERS, audited: agentFilterFields },
    GetAgent: { who: ADMINS, roles: AGENT_READERS, audited: agentIdFields },
    DeleteAgent: { who: ADMINS, roles: ['operator'], audited: agentIdFields },
    BanAgent: { who: ADMINS, roles: ['operator'], audited: agentIdFields },
  },
  'spire.api.server.entry.v1.Entry': {
    CountEntries: { who: ADMINS, roles: ENTRY_READERS, audited: entryFilterFields },
    ListEntries: { who: ADMINS, roles: ENTRY_READERS, audited: entryFilterFields },
    GetEntry: { who: ADMINS, roles: ENTRY_READERS, audited: entryIdFields },
    BatchCreateEntry: { who: ADMINS, roles: ['registrar'] },
    BatchUpdateEntry: { who: ADMINS, roles: ['registrar'] },
    BatchDeleteEntry: { who: ADMINS, roles: ['registrar'] },
    GetAuthorizedEntries: { who: ['agent'] },
    SyncAuthorizedEntries: { who: ['agent'], endsWithCaller: true },
  },
  'spire.api.server.svid.v1.SVID': {
    MintX509SVID: { who: ADMINS, audited: mintFields },
    MintJWTSVID: { who: ADMINS, audited: mintJwtFields },
    MintWITSVID: { who: ADMINS, audited: mintWitFields },
    BatchNewX509SVID: { who: ['agent'], limit: 'csr', weighedBy: 'params' },
    NewJWTSVID: { who: ['agent'], limit: 'jwt', audited: jwtSvidFields },
    BatchNewWITSVID: { who: ['agent'], limit: 'wit', weighedBy: 'params' },
    NewDownstreamX509CA: { who: ['downstream'], limit: 'csr', audited: downstreamFields },
  },
  'spire.api.server.bundle.v1.Bundle': {
    GetBundle: { who: ['any'] },
    CountBundles: { who: ADMINS, roles: ['viewer'] },
    AppendBundle: { who: ADMINS, audited: appendFields },
    PublishJWTAuthority: { who: ['downstream'], limit: 'publish', audited: publishJwtFields },
    PublishWITAuthority: { who: ['downstream'], limit: 'publish', audited: publishWitFields },
    ListFederatedBundles: { who: ADMINS, roles: ['viewer'] },
    GetFederatedBundle: { who: [...ADMINS, 'agent'], roles: ['viewer'], audited: trustDomainFields },
    BatchCreateFederatedBundle: { who: ADMINS },
    BatchUpdateFederatedBundle: { who: ADMINS },
    BatchSetFederatedBundle: { who: ADMINS },
    BatchDeleteFederatedBundle: { who: ADMINS },
  },
  'spire.api.server.trustdomain.v1.TrustDomain': {
    ListFederationRelationships: { who: ADMINS, roles: ['viewer'] },
    GetFederationRelationship: { who: ADMINS, roles: ['viewer'], audited: trustDomainFields },
    BatchCreateFederationRelationship: { who: ADMINS },
    BatchUpdateFederationRelationship: { who: ADMINS },
    BatchDeleteFederationRelationship: { who: ADMINS },
    RefreshBundle: { who: ADMINS, audited: trustDomainFields },
  },
  'spire.api.server.localauthority.v1.LocalAuthority': {
    GetX509AuthorityState: { who: ADMINS, roles: ['viewer'] },
    PrepareX509Authority: { who: ADMINS },
    ActivateX509Authority: { who: ADMINS, audited: authorityIdFields },
    TaintX509Authority: { who: ADMINS, audited: authorityIdFields },
    RevokeX509Authority: { who: ADMINS, audited: authorityIdFields },
    GetJWTAuthorityState: { who: ADMINS, roles: ['viewer'] },
    PrepareJWTAuthority: { who: ADMINS },
    ActivateJWTAuthority: { who: ADMINS, audited: authorityIdFields },
    TaintJWTAuthority: { who: ADMINS, audited: authorityIdFields },
    RevokeJWTAuthority: { who: ADMINS, audited: authorityIdFields },
    GetWITAuthorityState: { who: ADMINS, roles: ['viewer'] },
    PrepareWITAuthority: { who: ADMINS },
    ActivateWITAuthority: { who: ADMINS, audited: authorityIdFields },
    TaintWITAuthority: { who: ADMINS, audited: authorityIdFields },
    RevokeWITAuthority: { who: ADMINS, audited: authorityIdFields },
    TaintX509UpstreamAuthority: { who: ADMINS, audited: subjectKeyIdFields },
    RevokeX509UpstreamAuthority: { who: ADMINS, audited: subjectKeyIdFields },
  },
  'writ.entry.v1.EntryChanges': {
    ApplyEntries: { who: ADMINS, roles: ['registrar'] },
    WatchEntries: { who: ADMINS, roles: ENTRY_READERS, audited: entryFilterFields, endsWithCaller: true },
  },
  'writ.sync.v1.Sync': {
    Watch: { who: ['agent'], endsWithCaller: true },
  },
  'writ.explain.v1.ExplainEntry': {
    ExplainEntry: { who: ['local'], roles: ['viewer'], audited: explainedEntryFields },
  },
  'writ.localauthority.v1.LocalAuthorityImport': {
    ImportX509Authority: { who: ['local'], audited: importFields },
  },
  'spire.api.server.logger.v1.Logger': {
    GetLogger: { who: ['local'], roles: ['viewer'] },
    SetLogLevel: { who: ['local'], audited: logLevelFields },
    ResetLogLevel: { who: ['local'] },
  },
  'spire.api.server.debug.v1.Debug': {
    GetInfo: { who: ['local'], roles: ['viewer'] },
  },
  'grpc.reflection.v1.ServerReflection': REFLECTION,
  'grpc.reflection.v1alpha.ServerReflection': REFLECTION,
  'grpc.health.v1.Health': {
    Check: { who: ['local'], isHarmless: true, isRoutine: true },
    List: { who: ['local'], isHarmless: true, isRoutine: true },
    Watch: { who: ['local'], isHarmless: true, isRoutine: true, endsWithCaller: true },
  },
};

/** The rule of `/service/Rpc`, if there is one. */
export function findRule(method: string): Rule | undefined {
  const [, service = '', rpc = ''] = method.split('/');
  const found = Object.hasOwn(rules, service) ? rules[service] : undefined;
  return found !== undefined && Object.hasOwn(found, rpc) ? found[rpc] : undefined;
}
