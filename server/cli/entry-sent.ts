/** SPIRE shows a failed entry as it was sent, whatever the server answers with. Used by `entry create` and `entry update`. */
import type { Entry as WireEntry } from '../../proto/gen/spire/api/types/Entry.ts';
import type { EntryResult } from './entry-results.ts';
import { isOk } from './status-text.ts';

export function withSent(
  { results }: { readonly results: readonly EntryResult[] },
  sent: readonly WireEntry[],
): { readonly results: readonly EntryResult[] } {
  return {
    results: results.map((result, at) => (isOk(result) ? result : { ...result, entry: shown(sent[at]) })),
  };
}

function shown(entry: WireEntry | undefined): EntryResult['entry'] {
  if (entry === undefined) return null;
  return {
    id: entry.id ?? '',
    spiffe_id: idOf(entry.spiffe_id),
    parent_id: idOf(entry.parent_id),
    selectors: (entry.selectors ?? []).map(({ type = '', value = '' }) => ({ type, value })),
    x509_svid_ttl: entry.x509_svid_ttl ?? 0,
    jwt_svid_ttl: entry.jwt_svid_ttl ?? 0,
    federates_with: entry.federates_with ?? [],
    admin: entry.admin ?? false,
    downstream: entry.downstream ?? false,
    expires_at: String(entry.expires_at ?? 0),
    dns_names: entry.dns_names ?? [],
    revision_number: '0',
    store_svid: entry.store_svid ?? false,
    hint: entry.hint ?? '',
    created_at: '0',
    ...attributesOf(entry),
  };
}

const idOf = (id: WireEntry['spiffe_id']) =>
  id === null || id === undefined ? null : { trust_domain: id.trust_domain ?? '', path: id.path ?? '' };

function attributesOf({ additional_attributes: given }: WireEntry) {
  if (given === null || given === undefined) return {};
  const { disable_x509_svid_prefetch = false, jwt_svid_include_jti = false } = given;
  return { additional_attributes: { disable_x509_svid_prefetch, jwt_svid_include_jti } };
}
