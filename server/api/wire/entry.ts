/** T.Entry of an entry and back, and the filter of entry lists. */
import type { EntryFilterOutput } from '../../../proto/gen/spire/api/server/entry/v1/EntryFilter.ts';
import type { Entry as WireEntry, EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import type { EntryMaskOutput } from '../../../proto/gen/spire/api/types/EntryMask.ts';
import type { SPIFFEIDOutput } from '../../../proto/gen/spire/api/types/SPIFFEID.ts';
import { fromUnixSeconds, unixSeconds } from '../../../shared/clock.ts';
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import { checkWorkloadId } from '../../../shared/spiffe/reserved.ts';
import type { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { checkEntryFields, checkEntryId, checkParentId } from '../../entries/check-entry.ts';
import { type Entry, type EntryFields, type NewEntry, PLAIN_ENTRY } from '../../entries/entry.ts';
import type { EntryFilter } from '../../entries/entry-store.ts';
import { type FieldReaders, maskedFields, maskedWriter } from './mask.ts';
import {
  selectorMatchFromWire,
  selectorsFromWire,
  selectorsToWire,
  trustDomainMatchFromWire,
} from './selectors.ts';
import { spiffeIdFromWire, spiffeIdToWire } from './spiffe-id.ts';

type Field = keyof EntryMaskOutput;
export type EntryMask = EntryMaskOutput | null;

const toWire: FieldReaders<Entry, Field> = {
  spiffe_id: (entry) => spiffeIdToWire(entry.spiffeId),
  parent_id: (entry) => spiffeIdToWire(entry.parentId),
  selectors: (entry) => selectorsToWire(entry.selectors),
  x509_svid_ttl: (entry) => entry.x509SvidTtlSeconds,
  federates_with: (entry) => entry.federatesWith.map(String),
  admin: (entry) => entry.admin,
  downstream: (entry) => entry.downstream,
  expires_at: (entry) => (entry.expiresAt === undefined ? 0 : unixSeconds(entry.expiresAt)),
  dns_names: (entry) => [...entry.dnsNames],
  revision_number: (entry) => entry.revisionNumber,
  store_svid: (entry) => entry.storeSvid,
  jwt_svid_ttl: (entry) => entry.jwtSvidTtlSeconds,
  hint: (entry) => entry.hint,
  created_at: (entry) => unixSeconds(entry.createdAt),
  additional_attributes: ({ disableX509SvidPrefetch, jwtSvidIncludeJti }) =>
    disableX509SvidPrefetch || jwtSvidIncludeJti
      ? { disable_x509_svid_prefetch: disableX509SvidPrefetch, jwt_svid_include_jti: jwtSvidIncludeJti }
      : null,
};

/** The id goes out whatever the mask says. */
export const entryWriter = (mask: EntryMask): ((entry: Entry) => WireEntry) =>
  maskedWriter<Entry, Field, WireEntry>(({ id }) => ({ id }), toWire, mask);

/** What each field of the wire sets, in the order in which SPIRE reads them; revision and creation time are ours to say. */
const fromWire: Readonly<Record<Field, (wire: EntryOutput) => Partial<EntryFields>>> = {
  parent_id: (wire) => ({ parentId: spiffeIdFromWire(wire.parent_id, 'invalid parent ID') }),
  spiffe_id: (wire) => ({ spiffeId: spiffeIdFromWire(wire.spiffe_id, 'invalid spiffe ID') }),
  selectors: (wire) => ({ selectors: selectorsFromWire(wire.selectors) }),
  x509_svid_ttl: (wire) => ({ x509SvidTtlSeconds: wire.x509_svid_ttl }),
  federates_with: (wire) => ({ federatesWith: wire.federates_with.map(federatedTrustDomain) }),
  admin: (wire) => ({ admin: wire.admin }),
  downstream: (wire) => ({ downstream: wire.downstream }),
  expires_at: (wire) => ({
    expiresAt: wire.expires_at === '0' ? undefined : fromUnixSeconds(Number(wire.expires_at)),
  }),
  dns_names: (wire) => ({ dnsNames: wire.dns_names }),
  revision_number: () => ({}),
  store_svid: (wire) => ({ storeSvid: wire.store_svid }),
  jwt_svid_ttl: (wire) => ({ jwtSvidTtlSeconds: wire.jwt_svid_ttl }),
  hint: (wire) => ({ hint: wire.hint }),
  created_at: () => ({}),
  additional_attributes: ({ additional_attributes: more }) => ({
    disableX509SvidPrefetch: more?.disable_x509_svid_prefetch ?? false,
    jwtSvidIncludeJti: more?.jwt_svid_include_jti ?? false,
  }),
};

/** Throws InvalidArgument "failed to convert entry: …" on the first rule broken. */
export function newEntryFromWire(wire: EntryOutput, trustDomain: TrustDomain): NewEntry {
  return converting(() => {
    const id = wire.id === '' ? undefined : checkEntryId(wire.id);
    return { ...checkEntryFields(fieldsOf(wire, null) as EntryFields, trustDomain), id };
  });
}

/**
 * The fields that the mask names, checked together with the rest of the entry as it is, where that is known.
 * Throws InvalidArgument "failed to convert entry: …" on the first rule broken.
 */
export function entryChangesFromWire(
  wire: EntryOutput,
  mask: EntryMask,
  { trustDomain, current }: { readonly trustDomain: TrustDomain; readonly current: EntryFields | undefined },
): Partial<EntryFields> {
  return converting(() => {
    const changes = fieldsOf(wire, mask);
    const rest = current ?? placeholder(trustDomain);
    const checked = checkEntryFields({ ...rest, ...changes }, trustDomain);
    const names = Object.keys(changes) as (keyof EntryFields)[];
    return Object.fromEntries(names.map((name) => [name, checked[name]]));
  });
}

function fieldsOf(wire: EntryOutput, mask: EntryMask): Partial<EntryFields> {
  return maskedFields(fromWire, mask).reduce<Partial<EntryFields>>(
    (fields, field) => ({ ...fields, ...fromWire[field](wire) }),
    {},
  );
}

/** Valid, so that only what is changed can be found wrong. */
const placeholder = (trustDomain: TrustDomain): EntryFields => ({
  spiffeId: spiffeIdFromWire({ trust_domain: trustDomain.name, path: '/any' }, 'placeholder'),
  parentId: spiffeIdFromWire({ trust_domain: trustDomain.name, path: '/any' }, 'placeholder'),
  selectors: [{ type: 'any', value: 'any' }],
  ...PLAIN_ENTRY,
});

function federatedTrustDomain(text: string): TrustDomain {
  try {
    return TrustDomain.parse(text);
  } catch (cause) {
    throw invalidArgument(`invalid federated trust domain: ${messageOf(cause)}`, { cause });
  }
}

function converting<T>(convert: () => T): T {
  try {
    return convert();
  } catch (cause) {
    throw invalidArgument(`failed to convert entry: ${messageOf(cause)}`, { cause });
  }
}

/** Throws InvalidArgument that names the filter: also for IDs that no entry of this trust domain can have, as SPIRE does. */
export function entryFilterFromWire(wire: EntryFilterOutput | null, trustDomain: TrustDomain): EntryFilter {
  if (wire === null) return {};
  const { by_spiffe_id: spiffeId, by_parent_id: parentId } = wire;
  return {
    ...(spiffeId === null
      ? {}
      : { bySpiffeId: filteredId('SPIFFE ID', spiffeId, (id) => checkWorkloadId(id, trustDomain)) }),
    ...(parentId === null
      ? {}
      : { byParentId: filteredId('parent ID', parentId, (id) => checkParentId(id, trustDomain)) }),
    ...(wire.by_selectors === null ? {} : { bySelectors: selectorMatchFromWire(wire.by_selectors) }),
    ...(wire.by_federates_with === null
      ? {}
      : { byFederatesWith: trustDomainMatchFromWire(wire.by_federates_with) }),
    ...(wire.by_hint === null ? {} : { byHint: wire.by_hint.value }),
    ...(wire.by_downstream === null ? {} : { byDownstream: wire.by_downstream.value }),
  };
}

function filteredId(name: string, wire: SPIFFEIDOutput, check: (id: SpiffeId) => SpiffeId): SpiffeId {
  const what = `malformed ${name} filter`;
  const id = spiffeIdFromWire(wire, what);
  try {
    return check(id);
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}
