/**
 * The rules of a registration entry (SPIRE: entry validation). Called by the wire layer of the entry API and by
 * whoever makes entries; the messages that SPIRE has are kept. Bounds on counts and lengths are ours: SPIRE has none.
 */
import { invalidArgument, messageOf } from '../../shared/errors.ts';
import type { Selector } from '../../shared/selectors.ts';
import { checkSelector, normalizeSelectors } from '../../shared/selectors.ts';
import { checkWorkloadId } from '../../shared/spiffe/reserved.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { checkDnsName } from './dns-name.ts';
import type { EntryFields } from './entry.ts';
import { entryBytes } from './entry-size.ts';

const ID_MAX = 255; // SPIRE: entry validation
const HINT_MAX = 1_024; // SPIRE: entry validation
const TTL_MAX_SECONDS = 2_147_483_647; // int32 on the wire
const EXPIRES_MAX_MS = 8_640_000_000_000_000; // ECMA-262: last time of a Date
// DIVERGES: bounds that SPIRE does not have. A workload has some dozens of selectors; a certificate names few hosts.
const SELECTORS_MAX = 1_000;
const DNS_NAMES_MAX = 500;
const FEDERATES_WITH_MAX = 1_000;
const ENTRY_MAX_BYTES = 256 * 1_024; // so that a page of them fits a message

/** The fields in normal form: selectors sorted, duplicates dropped. Throws InvalidArgument on the first rule broken. */
export function checkEntryFields(fields: EntryFields, trustDomain: TrustDomain): EntryFields {
  within('invalid parent ID', () => checkParentId(fields.parentId, trustDomain));
  within('invalid spiffe ID', () => checkWorkloadId(fields.spiffeId, trustDomain));
  const selectors = checkSelectors(fields.selectors);
  checkCount('DNS names', fields.dnsNames.length, DNS_NAMES_MAX);
  checkCount('federated trust domains', fields.federatesWith.length, FEDERATES_WITH_MAX);
  checkTtl('X.509-SVID TTL', fields.x509SvidTtlSeconds);
  checkTtl('JWT-SVID TTL', fields.jwtSvidTtlSeconds);
  checkExpiry(fields.expiresAt);
  if (fields.hint.length > HINT_MAX)
    throw invalidArgument(`hint is too long, max length is ${HINT_MAX} characters`);
  if (fields.storeSvid) checkStored(fields);
  const dnsNames = [...new Set(fields.dnsNames.map(checkDnsName))];
  return checkSize({ ...fields, selectors, dnsNames, federatesWith: [...new Set(fields.federatesWith)] });
}

/** Throws InvalidArgument unless it is 1 to 255 of `A-Z a-z 0-9 . _ -`. */
export function checkEntryId(id: string): string {
  if (id.length > ID_MAX) throw invalidArgument(`entry ID is longer than ${ID_MAX} characters`);
  if (!/^[A-Za-z0-9._-]+$/.test(id)) {
    throw invalidArgument(
      'entry ID characters are limited to letters, numbers, dots, dashes, and underscores',
    );
  }
  return id;
}

/** Throws InvalidArgument unless it is a workload, an agent or the server of this trust domain: those may be parents. */
export function checkParentId(id: SpiffeId, trustDomain: TrustDomain): SpiffeId {
  if (!id.isMemberOf(trustDomain))
    throw invalidArgument(`"${id}" is not a member of trust domain "${trustDomain}"`);
  if (id.path === '') throw invalidArgument('path is empty');
  return id;
}

function checkSelectors(selectors: readonly Selector[]): readonly Selector[] {
  if (selectors.length === 0) throw invalidArgument('selector list is empty');
  checkCount('selectors', selectors.length, SELECTORS_MAX);
  for (const selector of selectors) checkSelector(selector);
  return normalizeSelectors(selectors);
}

function checkCount(what: string, count: number, max: number): void {
  if (count > max) throw invalidArgument(`${count} ${what} are more than ${max}`);
}

function checkTtl(what: string, seconds: number): void {
  if (seconds < 0) throw invalidArgument(`${what} is negative`);
  if (!Number.isInteger(seconds) || seconds > TTL_MAX_SECONDS) {
    throw invalidArgument(`${what} is not a whole number up to ${TTL_MAX_SECONDS}`);
  }
}

function checkExpiry(at: Date | undefined): void {
  if (at === undefined) return;
  const ms = at.getTime();
  if (!(ms > 0 && ms <= EXPIRES_MAX_MS)) throw invalidArgument('entry expiration is not a time after 1970');
}

/** A stored SVID goes to one store, which its selectors describe (SPIRE: store_svid). */
function checkStored(fields: EntryFields): void {
  if (new Set(fields.selectors.map(({ type }) => type)).size > 1) {
    throw invalidArgument('selector types must be the same when store SVID is enabled');
  }
  if (fields.disableX509SvidPrefetch) {
    throw invalidArgument('X.509-SVID prefetch cannot be disabled when store SVID is enabled');
  }
}

function checkSize(fields: EntryFields): EntryFields {
  if (entryBytes(fields) > ENTRY_MAX_BYTES)
    throw invalidArgument(`entry is larger than ${ENTRY_MAX_BYTES} bytes`);
  return fields;
}

function within(what: string, check: () => void): void {
  try {
    check();
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}
