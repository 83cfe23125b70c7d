/**
 * Every RPC: who may call it, what limits it, what the audit log says of its request. SPIRE's default policy, as data.
 * Read by gate/order; an RPC that is not here is refused with Internal, one that has no handler never gets here.
 */

/** `any`: everybody, without a certificate too. `local`: the admin socket. */
export type Who = 'any' | 'local' | 'admin' | 'downstream' | 'agent';

/** Limited per client address: see gate/rate-limit. */
export type Limit = 'attestation' | 'csr' | 'status';

export interface Rule {
  readonly who: readonly Who[];
  readonly limit?: Limit;
  /** The request's list whose length is its weight; without it a call weighs 1. */
  readonly weighedBy?: string;
  /** Request fields that the audit log shows. Never a token, a key or a CSR. */
  readonly audited?: readonly string[];
}

const ADMINS: readonly Who[] = ['local', 'admin'];

export const rules: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  'spire.api.server.agent.v1.Agent': {
    AttestAgent: { who: ['any'], limit: 'attestation' },
    RenewAgent: { who: ['agent'], limit: 'csr' },
    PostStatus: { who: ['agent'], limit: 'status', audited: ['agent_version'] },
    CreateJoinToken: { who: ADMINS, audited: ['ttl', 'agent_id'] },
    CountAgents: { who: ADMINS, audited: ['filter'] },
    ListAgents: { who: ADMINS, audited: ['filter', 'page_size'] },
    GetAgent: { who: ADMINS, audited: ['id'] },
    DeleteAgent: { who: ADMINS, audited: ['id'] },
    BanAgent: { who: ADMINS, audited: ['id'] },
  },
  'spire.api.server.entry.v1.Entry': {
    CountEntries: { who: ADMINS, audited: ['filter'] },
    ListEntries: { who: ADMINS, audited: ['filter', 'page_size'] },
    GetEntry: { who: ADMINS, audited: ['id'] },
    BatchCreateEntry: { who: ADMINS },
    BatchUpdateEntry: { who: ADMINS, audited: ['input_mask'] },
    BatchDeleteEntry: { who: ADMINS },
    GetAuthorizedEntries: { who: ['agent'] },
    SyncAuthorizedEntries: { who: ['agent'] },
  },
  'spire.api.server.svid.v1.SVID': {
    MintX509SVID: { who: ADMINS, audited: ['ttl'] },
    BatchNewX509SVID: { who: ['agent'], limit: 'csr', weighedBy: 'params' },
  },
  'spire.api.server.bundle.v1.Bundle': {
    GetBundle: { who: ['any'] },
  },
  'writ.sync.v1.Sync': {
    Watch: { who: ['agent'] },
  },
  'writ.explain.v1.ExplainEntry': {
    ExplainEntry: { who: ['local'], audited: ['entry_id'] },
  },
  'grpc.health.v1.Health': {
    Check: { who: ['local'] },
    Watch: { who: ['local'] },
  },
};

/** The rule of `/service/Rpc`, if there is one. */
export function findRule(method: string): Rule | undefined {
  const [, service = '', rpc = ''] = method.split('/');
  const found = Object.hasOwn(rules, service) ? rules[service] : undefined;
  return found !== undefined && Object.hasOwn(found, rpc) ? found[rpc] : undefined;
}
