/** An entry as files declare it: every field, in one form, so that two can be compared. Used by `entry export` and `apply`. */
import type { Entry as WireEntry, EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import { parseSelector, selectorKey } from '../../../shared/selectors.ts';
import { idText, wireId } from '../wire-id.ts';

export interface EntryText {
  /** Empty: the server's to choose. */
  readonly id: string;
  readonly spiffe_id: string;
  readonly parent_id: string;
  /** Sorted, without duplicates; so are trust domains. */
  readonly selectors: readonly string[];
  readonly x509_svid_ttl: number;
  readonly jwt_svid_ttl: number;
  readonly federates_with: readonly string[];
  /** In order: the first is the certificate's common name. */
  readonly dns_names: readonly string[];
  readonly hint: string;
  /** Unix seconds; 0 is never. */
  readonly expires_at: number;
  readonly admin: boolean;
  readonly downstream: boolean;
  readonly store_svid: boolean;
  readonly disable_x509_svid_prefetch: boolean;
  readonly jwt_svid_include_jti: boolean;
}

export const sorted = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

export const textOfWire = (entry: EntryOutput): EntryText => ({
  id: entry.id,
  spiffe_id: idText(entry.spiffe_id),
  parent_id: idText(entry.parent_id),
  selectors: sorted(entry.selectors.map(selectorKey)),
  x509_svid_ttl: entry.x509_svid_ttl,
  jwt_svid_ttl: entry.jwt_svid_ttl,
  federates_with: sorted(entry.federates_with),
  dns_names: [...new Set(entry.dns_names)],
  hint: entry.hint,
  expires_at: Number(entry.expires_at),
  admin: entry.admin,
  downstream: entry.downstream,
  store_svid: entry.store_svid,
  disable_x509_svid_prefetch: entry.additional_attributes?.disable_x509_svid_prefetch ?? false,
  jwt_svid_include_jti: entry.additional_attributes?.jwt_svid_include_jti ?? false,
});

export const wireOfText = (text: EntryText): WireEntry => ({
  id: text.id,
  spiffe_id: wireId('spiffe_id', text.spiffe_id),
  parent_id: wireId('parent_id', text.parent_id),
  selectors: text.selectors.map((key) => ({ ...parseSelector(key) })),
  x509_svid_ttl: text.x509_svid_ttl,
  jwt_svid_ttl: text.jwt_svid_ttl,
  federates_with: [...text.federates_with],
  dns_names: [...text.dns_names],
  hint: text.hint,
  expires_at: text.expires_at,
  admin: text.admin,
  downstream: text.downstream,
  store_svid: text.store_svid,
  additional_attributes: {
    disable_x509_svid_prefetch: text.disable_x509_svid_prefetch,
    jwt_svid_include_jti: text.jwt_svid_include_jti,
  },
});

/** Names of the fields that differ, but the ID. */
export function differing(before: EntryText, after: EntryText): readonly (keyof EntryText)[] {
  const names = Object.keys(before) as (keyof EntryText)[];
  return names.filter(
    (name) => name !== 'id' && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}

/** What makes two entries similar (SPIRE): SPIFFE ID, parent and selectors. */
export const shapeOf = ({ spiffe_id, parent_id, selectors }: EntryText): string =>
  JSON.stringify([spiffe_id, parent_id, selectors]);
