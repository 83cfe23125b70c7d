/** Flags that describe an entry or filter entries, and the requests that they make. */
import type { Entry as WireEntry } from '../../proto/gen/spire/api/types/Entry.ts';
import type { EntryFilter } from '../../proto/gen/spire/api/server/entry/v1/EntryFilter.ts';
import { type Flag, type Flags, UsageError } from '../../shared/cli/flag.ts';
import { matchBehavior } from './match-behavior.ts';
import { type WireId, wireId, wireSelectors } from './wire-id.ts';

const common: readonly Flag[] = [
  { name: 'parentID', kind: 'text', doc: 'SPIFFE ID of the parent: an agent, or a node alias' },
  { name: 'spiffeID', kind: 'text', doc: 'SPIFFE ID that the workload gets' },
  { name: 'selector', kind: 'list', doc: 'type:value that the workload must have' },
  { name: 'federatesWith', kind: 'list', doc: 'trust domain whose bundle comes with the SVID' },
  { name: 'hint', kind: 'text', doc: 'text that tells the workload what this SVID is for' },
];

export const entryFlags: readonly Flag[] = [
  { name: 'entryID', kind: 'text', doc: "the entry's ID" },
  ...common,
  {
    name: 'x509SVIDTTL',
    kind: 'number',
    doc: "seconds that an X.509-SVID lives; 0 is the server's default",
    otherwise: '0',
  },
  {
    name: 'jwtSVIDTTL',
    kind: 'number',
    doc: "seconds that a JWT-SVID lives; 0 is the server's default",
    otherwise: '0',
  },
  {
    name: 'entryExpiry',
    kind: 'number',
    doc: 'when the entry ends, in Unix seconds; 0 is never',
    otherwise: '0',
  },
  { name: 'dns', kind: 'list', doc: 'DNS name in the X.509-SVID' },
  { name: 'admin', kind: 'boolean', doc: "the workload may use the server's administration API" },
  { name: 'downstream', kind: 'boolean', doc: 'the workload is a downstream server' },
  { name: 'storeSVID', kind: 'boolean', doc: 'the SVID goes to a store, not to the Workload API' },
  { name: 'disableX509SVIDPrefetch', kind: 'boolean', doc: 'sign only when a workload asks' },
  { name: 'jwtSVIDIncludeJTI', kind: 'boolean', doc: 'put a jti claim into JWT-SVIDs' },
];

export const entryFilterFlags: readonly Flag[] = [
  ...common,
  { name: 'downstream', kind: 'boolean', doc: 'only downstream entries' },
  { name: 'matchSelectorsOn', kind: 'text', doc: 'exact, any, superset or subset', otherwise: 'superset' },
  {
    name: 'matchFederatesWithOn',
    kind: 'text',
    doc: 'exact, any, superset or subset',
    otherwise: 'superset',
  },
];

const SERVER_PATH = '/spire/server';
const LAST_SECOND = 253_402_300_799; // of the year 9999, where X.509 ends (RFC 5280 4.1.2.5)

/** The entry that the flags describe. Throws UsageError when something that every entry needs is missing. */
export function entryOf(flags: Flags): WireEntry {
  if (flags.list('selector').length === 0) throw new UsageError('at least one -selector is needed');
  if (flags.text('spiffeID') === '') throw new UsageError('a -spiffeID is needed');
  const spiffeId = wireId('spiffeID', flags.text('spiffeID'));
  return {
    id: flags.text('entryID'),
    spiffe_id: spiffeId,
    parent_id: parentOf(flags, spiffeId.trust_domain),
    selectors: wireSelectors(flags.list('selector')),
    federates_with: [...flags.list('federatesWith')],
    hint: flags.text('hint'),
    x509_svid_ttl: flags.number('x509SVIDTTL'),
    jwt_svid_ttl: flags.number('jwtSVIDTTL'),
    expires_at: flags.number('entryExpiry', LAST_SECOND),
    dns_names: [...flags.list('dns')],
    admin: flags.is('admin'),
    downstream: flags.is('downstream'),
    store_svid: flags.is('storeSVID'),
    ...attributesOf(flags),
  };
}

function parentOf(flags: Flags, trustDomain: string): WireId {
  if (flags.is('node')) {
    if (flags.has('parentID')) throw new UsageError('-node and -parentID exclude each other');
    return { trust_domain: trustDomain, path: SERVER_PATH };
  }
  if (flags.text('parentID') === '') throw new UsageError('a -parentID is needed, or -node');
  return wireId('parentID', flags.text('parentID'));
}

function attributesOf(flags: Flags): {
  additional_attributes?: NonNullable<WireEntry['additional_attributes']>;
} {
  const [prefetch, jti] = [flags.is('disableX509SVIDPrefetch'), flags.is('jwtSVIDIncludeJTI')];
  if (!prefetch && !jti) return {};
  return { additional_attributes: { disable_x509_svid_prefetch: prefetch, jwt_svid_include_jti: jti } };
}

/** The filter that the flags describe. Throws UsageError on an ID, a selector or a match that is none. */
export function entryFilterOf(flags: Flags): EntryFilter {
  const selectors = wireSelectors(flags.list('selector'));
  const trust_domains = [...flags.list('federatesWith')];
  const matchSelectors = matchBehavior(flags, 'matchSelectorsOn');
  const matchFederatesWith = matchBehavior(flags, 'matchFederatesWithOn');
  return {
    by_spiffe_id: flags.has('spiffeID') ? wireId('spiffeID', flags.text('spiffeID')) : null,
    by_parent_id: flags.has('parentID') ? wireId('parentID', flags.text('parentID')) : null,
    by_selectors: selectors.length === 0 ? null : { selectors, match: matchSelectors },
    by_federates_with: trust_domains.length === 0 ? null : { trust_domains, match: matchFederatesWith },
    by_hint: flags.has('hint') ? { value: flags.text('hint') } : null,
    by_downstream: { value: flags.is('downstream') },
  };
}
