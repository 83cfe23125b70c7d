/**
 * Every RPC of the server that is on the network, one call of each, and what the audit log is to say of it. Used by
 * audit.test.
 */
import { createHash } from 'node:crypto';
import type { LogFields } from '../../../../shared/log/logger.ts';
import { attestRound, type Clients, type Joined } from '../../../fakes/server-under-test.ts';

const wireId = (path: string) => ({ trust_domain: 'example.org', path });
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
export const EXPIRES = /^\d+$/;

export interface World {
  readonly admin: Clients;
  readonly agent: Clients;
  readonly joined: Joined;
  readonly nobody: Clients;
  readonly csr: Uint8Array;
  readonly mintCsr: Uint8Array;
}

export interface Row {
  readonly deed: (world: World) => Promise<unknown>;
  /** The lines without what all have; a pattern stands for text that fits it. */
  readonly lines: (world: World) => readonly LogFields[];
  readonly by?: 'agent' | 'nobody';
}

export const ok = { status: 'success' };
export const failed = (status_code: string, status_message: string | RegExp) => ({
  status: 'error',
  status_code,
  status_message,
});

/** Of every X.509-SVID; the start is ten seconds before. */
export const issuedX509 = {
  svid_type: 'x509',
  serial_num: /^\d{20,}$/,
  lifetime: /^\d+$/,
  expires_at: EXPIRES,
};

const selectors = [
  { type: 'unix', value: 'uid:1' },
  { type: 'unix', value: 'gid:1' },
];
export const entry = {
  id: 'one',
  spiffe_id: wireId('/web'),
  parent_id: wireId('/node'),
  selectors,
  x509_svid_ttl: 60,
  dns_names: ['a.example', 'b.example'],
  hint: 'h',
};
export const entryLine = {
  entry_id: 'one',
  spiffe_id: 'spiffe://example.org/web',
  parent_id: 'spiffe://example.org/node',
  selectors: 'unix:uid:1,unix:gid:1',
  x509_svid_ttl: 60,
  jwt_svid_ttl: 0,
  admin: false,
  downstream: false,
  expires_at: '0',
  dns_name: 'a.example,b.example',
  revision_number: '0',
  store_svid: false,
  hint: 'h',
  created_at: '0',
};
const agentFilter = {
  by_attestation_type: 'join_token',
  by_banned: { value: false },
  by_can_reattest: { value: false },
  by_expires_before: '2026-01-01 00:00:00 +0000 +00',
  by_selector_match: { selectors, match: 'MATCH_ANY' },
} as const;
const agentFilterLine = {
  node_attestor_type: 'join_token',
  by_banned: false,
  by_can_reattest: false,
  by_expires_before: '2026-01-01 00:00:00 +0000 +00',
  by_selector_match: 'MATCH_ANY',
  by_selectors: 'unix:uid:1,unix:gid:1',
  ...ok,
};
const entryFilter = {
  by_spiffe_id: wireId('/web'),
  by_parent_id: wireId('/node'),
  by_selectors: { selectors, match: 'MATCH_SUPERSET' },
  by_federates_with: { trust_domains: ['a.org', 'b.org'] as string[], match: 'MATCH_EXACT' },
  by_hint: { value: 'h' },
  by_downstream: { value: true },
} as const;
const entryFilterLine = {
  spiffe_id: 'spiffe://example.org/web',
  parent_id: 'spiffe://example.org/node',
  by_selector_match: 'MATCH_SUPERSET',
  by_selectors: 'unix:uid:1,unix:gid:1',
  federates_with_match: 'MATCH_EXACT',
  federates_with: 'a.org,b.org',
  hint: 'h',
  downstream: true,
  ...ok,
};

/** In this order: later rows find what earlier ones made. */
export const table: Readonly<Record<string, Row>> = {
  'Agent/AttestAgent': {
    by: 'nobody',
    deed: async ({ admin, nobody, csr }) => {
      await admin.agent.unary('CreateJoinToken', { ttl: 60, token: 'secret-token' });
      const data = { type: 'join_token', payload: Buffer.from('secret-token') };
      await attestRound(nobody, { params: { data, params: { csr } } });
    },
    lines: () => [
      {
        node_attestor_type: 'join_token',
        agent_id: 'spiffe://example.org/spire/agent/join_token/secret-token',
        ...issuedX509,
        ...ok,
      },
    ],
  },
  'Agent/RenewAgent': {
    by: 'agent',
    deed: ({ agent, csr }) => agent.agent.unary('RenewAgent', { params: { csr } }),
    lines: ({ csr, joined }) => [{ csr: hashOf(csr), agent_id: joined.id, ...issuedX509, ...ok }],
  },
  'Agent/PostStatus': {
    by: 'agent',
    deed: ({ agent }) => agent.agent.unary('PostStatus', { agent_version: '1.2' }),
    lines: ({ joined }) => [{ agent_version: '1.2', spiffe_id: joined.id, ...ok }],
  },
  'Agent/CreateJoinToken': {
    deed: ({ admin }) =>
      admin.agent.unary('CreateJoinToken', { ttl: 60, token: 'other-secret', agent_id: wireId('/n') }),
    lines: () => [{ ttl: 60, spiffe_id: 'spiffe://example.org/n', ...ok }],
  },
  'Agent/CountAgents': {
    deed: ({ admin }) => admin.agent.unary('CountAgents', { filter: agentFilter }),
    lines: () => [agentFilterLine],
  },
  'Agent/ListAgents': {
    deed: ({ admin }) => admin.agent.unary('ListAgents', { filter: agentFilter, page_size: 5 }),
    lines: () => [agentFilterLine],
  },
  'Agent/GetAgent': {
    deed: ({ admin, joined }) => admin.agent.unary('GetAgent', { id: wireId(joined.path) }),
    lines: ({ joined }) => [{ spiffe_id: joined.id, ...ok }],
  },
  'Agent/BanAgent': {
    deed: ({ admin }) => admin.agent.unary('BanAgent', { id: wireId('/spire/agent/x') }),
    lines: () => [
      { spiffe_id: 'spiffe://example.org/spire/agent/x', ...failed('NotFound', 'agent not found') },
    ],
  },
  'Agent/DeleteAgent': {
    deed: ({ admin }) => admin.agent.unary('DeleteAgent', {}),
    lines: () => [failed('InvalidArgument', /request must specify SPIFFE ID/)],
  },
  'Entry/BatchCreateEntry': {
    deed: ({ admin, joined }) =>
      admin.entry.unary('BatchCreateEntry', {
        entries: [
          { ...entry, parent_id: wireId(joined.path) },
          { ...entry, id: 'two', parent_id: wireId(joined.path) },
          { id: 'three', selectors: [{ type: 'a', value: 'b' }] },
        ],
      }),
    lines: ({ joined }) => [
      { ...entryLine, parent_id: joined.id, ...ok },
      {
        ...entryLine,
        parent_id: joined.id,
        ...failed('AlreadyExists', 'similar entry already exists'),
      },
      {
        entry_id: 'three',
        selectors: 'a:b',
        x509_svid_ttl: 0,
        jwt_svid_ttl: 0,
        admin: false,
        downstream: false,
        expires_at: '0',
        revision_number: '0',
        store_svid: false,
        created_at: '0',
        ...failed('InvalidArgument', /^failed to convert entry: invalid /),
      },
    ],
  },
  'Entry/BatchUpdateEntry': {
    deed: ({ admin }) =>
      admin.entry.unary('BatchUpdateEntry', {
        entries: [{ ...entry, hint: 'new' }, { id: 'none' }],
        input_mask: { hint: true, dns_names: true },
      }),
    lines: () => [
      { entry_id: 'one', hint: 'new', dns_name: 'a.example,b.example', ...ok },
      { entry_id: 'none', ...failed('NotFound', 'entry not found') },
    ],
  },
  'Entry/GetEntry': {
    deed: ({ admin }) => admin.entry.unary('GetEntry', { id: 'one' }),
    lines: () => [{ entry_id: 'one', ...ok }],
  },
  'Entry/CountEntries': {
    deed: ({ admin }) => admin.entry.unary('CountEntries', { filter: entryFilter }),
    lines: () => [entryFilterLine],
  },
  'Entry/ListEntries': {
    deed: ({ admin }) => admin.entry.unary('ListEntries', { filter: entryFilter }),
    lines: () => [entryFilterLine],
  },
  'Entry/GetAuthorizedEntries': {
    by: 'agent',
    deed: ({ agent }) => agent.entry.unary('GetAuthorizedEntries', {}),
    lines: () => [ok],
  },
  'Entry/SyncAuthorizedEntries': {
    by: 'agent',
    deed: async ({ agent }) => {
      const call = agent.entry.bidi('SyncAuthorizedEntries');
      call.send({});
      call.end();
      await Array.fromAsync(call.responses);
    },
    lines: () => [ok],
  },
  'Entry/BatchDeleteEntry': {
    deed: ({ admin }) => admin.entry.unary('BatchDeleteEntry', { ids: ['one', 'none', ''] }),
    lines: () => [
      { entry_id: 'one', ...ok },
      { entry_id: 'none', ...failed('NotFound', 'entry not found') },
      failed('InvalidArgument', 'missing entry ID'),
    ],
  },
  'Bundle/GetBundle': {
    by: 'nobody',
    deed: ({ nobody }) => nobody.bundle.unary('GetBundle', {}),
    lines: () => [ok],
  },
  'Sync/Watch': {
    by: 'agent',
    deed: async ({ agent }) => {
      const watch = agent.sync.serverStream('Watch', {});
      await watch.next();
      await watch.return?.(undefined);
    },
    lines: () => [ok],
  },
};
