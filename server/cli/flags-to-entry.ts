/** What the flags of entries say, as the API takes it. Used by the `entry` commands. */
import type { Entry as WireEntry } from '../../proto/gen/spire/api/types/Entry.ts';
import type { EntryFilter } from '../../proto/gen/spire/api/server/entry/v1/EntryFilter.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { matchBehavior } from './match-behavior.ts';
import { type WireId, wireId, wireSelectors } from './wire-id.ts';

const SERVER_PATH = '/spire/server';
export const LAST_SECOND = 253_402_300_799; // of the year 9999, where X.509 ends (RFC 5280 4.1.2.5)

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
