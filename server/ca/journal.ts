/**
 * The CA's memory across restarts: which authority each slot holds, as JSON in a JournalStore. Keys are not in it.
 * Written by ca/rotating-authorities, read by ca/resume.
 */
import { fromBase64, toBase64, utf8 } from '../../shared/bytes.ts';
import { fromUnixSeconds, unixSeconds } from '../../shared/clock.ts';
import { internal, messageOf } from '../../shared/errors.ts';
import { type Authorities, type AuthorityStatus, SLOT_IDS, STATUSES, type SlotId } from './authorities.ts';
import type { JournalRecord } from './journal-store.ts';

const VERSION = 1;
const MAX_BYTES = 65_536; // two CA certificates are some 2 KB
const MAX_UNIX_SECONDS = 253_402_300_799; // the end of the year 9999, the last that X.509 can say
const ENTRY_KEYS = ['slot', 'status', 'issuedAt', 'certificate'];
const WHAT_TO_DO =
  "restore the database, or delete this server's row of ca_journals: it then makes a new authority";

export interface JournalEntry {
  readonly slot: SlotId;
  readonly status: AuthorityStatus;
  readonly issuedAt: Date;
  /** DER. */
  readonly certificate: Uint8Array;
}

export function encodeJournal(entries: readonly JournalEntry[]): Uint8Array {
  const x509 = entries.map(({ slot, status, issuedAt, certificate }) => ({
    slot,
    status,
    issuedAt: unixSeconds(issuedAt),
    certificate: toBase64(certificate),
  }));
  return utf8(JSON.stringify({ version: VERSION, x509 }));
}

/** Throws Internal, with what to do, on anything that encodeJournal does not write. */
export function parseJournal(content: Uint8Array): readonly JournalEntry[] {
  try {
    if (content.length > MAX_BYTES) throw new Error(`longer than ${MAX_BYTES} bytes`);
    const fields = fieldsOf(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)), [
      'version',
      'x509',
    ]);
    const version = fields.get('version');
    const x509 = fields.get('x509');
    if (version !== VERSION)
      throw new Error(`version is ${JSON.stringify(version)}, this server reads ${VERSION}`);
    if (!Array.isArray(x509) || x509.length > SLOT_IDS.length)
      throw new Error(`x509 is not a list of at most ${SLOT_IDS.length}`);
    const entries = x509.map(parseEntry);
    requireDistinct(entries.map((entry) => entry.slot));
    requireDistinct(entries.map((entry) => entry.status));
    return entries;
  } catch (error) {
    throw internal(`ca journal cannot be read: ${messageOf(error)}; ${WHAT_TO_DO}`, { cause: error });
  }
}

/** The record to save for these authorities; found again by the active one's key, before there is one by the prepared one's. */
export function journalRecord(id: string | undefined, authorities: Authorities): JournalRecord {
  const finder = authorities.active ?? authorities.prepared;
  if (finder === undefined) throw new Error('a journal needs an active or a prepared authority');
  return {
    id,
    activeAuthorityId: finder.authorityId,
    content: encodeJournal(authorities.all.map((one) => ({ ...one, certificate: one.certificate.raw }))),
    expiresAt: new Date(Math.max(...authorities.all.map((one) => one.expiresAt.getTime()))),
  };
}

function parseEntry(value: unknown): JournalEntry {
  const fields = fieldsOf(value, ENTRY_KEYS);
  const issuedAt = fields.get('issuedAt');
  const certificate = fields.get('certificate');
  if (
    typeof issuedAt !== 'number' ||
    !Number.isSafeInteger(issuedAt) ||
    issuedAt < 0 ||
    issuedAt > MAX_UNIX_SECONDS
  ) {
    throw new Error('issuedAt is not a time in seconds before the year 10000');
  }
  const der = typeof certificate === 'string' ? fromBase64(certificate) : undefined;
  if (der === undefined || der.length === 0) throw new Error('certificate is not base64');
  return {
    slot: oneOf(SLOT_IDS, fields.get('slot')),
    status: oneOf(STATUSES, fields.get('status')),
    issuedAt: fromUnixSeconds(issuedAt),
    certificate: der,
  };
}

/** The object's fields, which must be exactly these. */
function fieldsOf(value: unknown, keys: readonly string[]): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('not an object');
  const fields = new Map<string, unknown>(Object.entries(value));
  if (fields.size !== keys.length || !keys.every((key) => fields.has(key))) {
    throw new Error(`an object has other fields than ${keys.join(', ')}`);
  }
  return fields;
}

function oneOf<Value extends string>(known: readonly Value[], value: unknown): Value {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new Error(`${JSON.stringify(value)} is not one of ${known.join(', ')}`);
  return found;
}

function requireDistinct(values: readonly string[]): void {
  if (new Set(values).size !== values.length)
    throw new Error(`a slot or status occurs twice: ${values.join(', ')}`);
}
