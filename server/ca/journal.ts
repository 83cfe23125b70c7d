/**
 * The server's memory of its authorities across restarts: what each slot holds, as JSON in a JournalStore. Keys are not
 * in it. Written by ca/server-journal, read by it and by ca/resume.
 */
import { fromBase64, toBase64, utf8 } from '../../shared/bytes.ts';
import { fromUnixSeconds, unixSeconds } from '../../shared/clock.ts';
import { internal, messageOf } from '../../shared/errors.ts';
import { type AuthorityStatus, type CaUpstream, SLOT_IDS, STATUSES, type SlotId } from './authorities.ts';

const VERSION = 4;
const UPSTREAM_VERSION = 3; // before authorities were imported; still written where none was
const SELF_SIGNED_VERSION = 2; // before there were upstream authorities; still written where there is none
const X509_ONLY_VERSION = 1; // before there were token keys
const MAX_BYTES = 1_048_576; // twice what ca/issuing-chain allows, as base64
const LIST_MAX = 100; // of roots, in ca/issuing-chain
const MAX_KEY_ID_LENGTH = 255;
const MAX_UNIX_SECONDS = 253_402_300_799; // the end of the year 9999, the last that X.509 can say
const WHAT_TO_DO =
  "restore the database, or delete this server's row of ca_journals: it then makes a new authority";

interface JournalEntry {
  readonly slot: SlotId;
  readonly status: AuthorityStatus;
  readonly issuedAt: Date;
}

export interface CaEntry extends JournalEntry {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly upstream: CaUpstream | undefined;
  readonly isImported?: true;
}

export interface TokenKeyEntry extends JournalEntry {
  readonly keyId: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly expiresAt: Date;
}

export interface JournalContent {
  readonly x509: readonly CaEntry[];
  readonly jwt: readonly TokenKeyEntry[];
  readonly wit: readonly TokenKeyEntry[];
}

export const EMPTY_JOURNAL: JournalContent = { x509: [], jwt: [], wit: [] };

export function encodeJournal({ x509, jwt, wit }: JournalContent): Uint8Array {
  const { version, write } = formOf(x509);
  const content = {
    version,
    x509: x509.map(write),
    jwt: jwt.map(tokenKey),
    wit: wit.map(tokenKey),
  };
  return utf8(JSON.stringify(content));
}

/** The earliest version that can say all of it: an earlier program reads it. */
function formOf(x509: readonly CaEntry[]): { version: number; write: (entry: CaEntry) => object } {
  if (x509.some(({ isImported }) => isImported)) return { version: VERSION, write: caWithOrigin };
  const hasUpstream = x509.some(({ upstream }) => upstream !== undefined);
  return hasUpstream
    ? { version: UPSTREAM_VERSION, write: caWithUpstream }
    : { version: SELF_SIGNED_VERSION, write: caAlone };
}

const head = ({ slot, status, issuedAt }: JournalEntry) => ({
  slot,
  status,
  issuedAt: unixSeconds(issuedAt),
});

const caAlone = (entry: CaEntry) => ({ ...head(entry), certificate: toBase64(entry.certificate) });

/** Self-signed is what has no root but itself. */
const caWithUpstream = (entry: CaEntry) => ({
  ...caAlone(entry),
  intermediates: (entry.upstream?.intermediates ?? []).map(toBase64),
  roots: (entry.upstream?.roots ?? []).map(toBase64),
});

const caWithOrigin = (entry: CaEntry) => ({
  ...caWithUpstream(entry),
  isImported: entry.isImported === true,
});

const tokenKey = (entry: TokenKeyEntry) => ({
  ...head(entry),
  expiresAt: unixSeconds(entry.expiresAt),
  keyId: entry.keyId,
  publicKey: toBase64(entry.publicKey),
});

/** Throws Internal, with what to do, on anything that no version of encodeJournal writes. */
export function parseJournal(content: Uint8Array): JournalContent {
  try {
    if (content.length > MAX_BYTES) throw new Error(`longer than ${MAX_BYTES} bytes`);
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
    return parseVersion(json, versionOf(json));
  } catch (error) {
    throw internal(`ca journal cannot be read: ${messageOf(error)}; ${WHAT_TO_DO}`, { cause: error });
  }
}

function versionOf(json: unknown): unknown {
  return typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined;
}

function parseVersion(json: unknown, version: unknown): JournalContent {
  if (version === X509_ONLY_VERSION) {
    const fields = fieldsOf(json, ['version', 'x509']);
    return { ...EMPTY_JOURNAL, x509: parseSlots('x509', fields, parseCaEntry) };
  }
  const fields = fieldsOf(json, ['version', 'x509', 'jwt', 'wit']);
  const parseCa = CA_PARSERS.get(version);
  if (parseCa === undefined)
    throw new Error(`version is ${JSON.stringify(version)}, this server reads up to ${VERSION}`);
  return {
    x509: parseSlots('x509', fields, parseCa),
    jwt: parseSlots('jwt', fields, parseTokenKeyEntry),
    wit: parseSlots('wit', fields, parseTokenKeyEntry),
  };
}

function parseSlots<Entry extends JournalEntry>(
  name: string,
  fields: Fields,
  parse: (value: unknown) => Entry,
): readonly Entry[] {
  const list = fields.get(name);
  if (!Array.isArray(list) || list.length > SLOT_IDS.length)
    throw new Error(`${name} is not a list of at most ${SLOT_IDS.length}`);
  const entries = list.map(parse);
  requireDistinct(entries.map((entry) => entry.slot));
  requireDistinct(entries.map((entry) => entry.status));
  return entries;
}

const CA_FIELDS = ['slot', 'status', 'issuedAt', 'certificate'];
const UPSTREAM_FIELDS = [...CA_FIELDS, 'intermediates', 'roots'];

function parseCaEntry(value: unknown): CaEntry {
  const fields = fieldsOf(value, CA_FIELDS);
  return { ...parseHead(fields), certificate: bytesOf(fields, 'certificate'), upstream: undefined };
}

const parseUpstreamEntry = (value: unknown): CaEntry => readUpstreamEntry(fieldsOf(value, UPSTREAM_FIELDS));

function parseOriginEntry(value: unknown): CaEntry {
  const fields = fieldsOf(value, [...UPSTREAM_FIELDS, 'isImported']);
  const isImported = fields.get('isImported');
  if (typeof isImported !== 'boolean') throw new Error('isImported is neither true nor false');
  const entry = readUpstreamEntry(fields);
  return isImported ? { ...entry, isImported } : entry;
}

const CA_PARSERS: ReadonlyMap<unknown, (value: unknown) => CaEntry> = new Map([
  [SELF_SIGNED_VERSION, parseCaEntry],
  [UPSTREAM_VERSION, parseUpstreamEntry],
  [VERSION, parseOriginEntry],
]);

function readUpstreamEntry(fields: Fields): CaEntry {
  const roots = listOf(fields, 'roots');
  const intermediates = listOf(fields, 'intermediates');
  if (roots.length === 0 && intermediates.length > 0)
    throw new Error('there are intermediates without a root');
  const upstream = roots.length === 0 ? undefined : { intermediates, roots };
  return { ...parseHead(fields), certificate: bytesOf(fields, 'certificate'), upstream };
}

function parseTokenKeyEntry(value: unknown): TokenKeyEntry {
  const fields = fieldsOf(value, ['slot', 'status', 'issuedAt', 'expiresAt', 'keyId', 'publicKey']);
  const keyId = fields.get('keyId');
  if (typeof keyId !== 'string' || keyId === '' || keyId.length > MAX_KEY_ID_LENGTH)
    throw new Error(`keyId has not 1 to ${MAX_KEY_ID_LENGTH} characters`);
  const publicKey = bytesOf(fields, 'publicKey');
  return { ...parseHead(fields), expiresAt: timeOf(fields, 'expiresAt'), keyId, publicKey };
}

const parseHead = (fields: Fields): JournalEntry => ({
  slot: oneOf(SLOT_IDS, fields.get('slot')),
  status: oneOf(STATUSES, fields.get('status')),
  issuedAt: timeOf(fields, 'issuedAt'),
});

type Fields = ReadonlyMap<string, unknown>;

/** The object's fields, which must be exactly these. */
function fieldsOf(value: unknown, keys: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null) throw new Error('not an object');
  const fields = new Map<string, unknown>(Object.entries(value));
  if (fields.size !== keys.length || !keys.every((key) => fields.has(key))) {
    throw new Error(`an object has other fields than ${keys.join(', ')}`);
  }
  return fields;
}

function timeOf(fields: Fields, name: string): Date {
  const seconds = fields.get(name);
  const isTime =
    typeof seconds === 'number' &&
    Number.isSafeInteger(seconds) &&
    seconds >= 0 &&
    seconds <= MAX_UNIX_SECONDS;
  if (!isTime) throw new Error(`${name} is not a time in seconds before the year 10000`);
  return fromUnixSeconds(seconds);
}

function listOf(fields: Fields, name: string): readonly Uint8Array[] {
  const list = fields.get(name);
  if (!Array.isArray(list) || list.length > LIST_MAX)
    throw new Error(`${name} is not a list of at most ${LIST_MAX}`);
  return list.map((text) => decode(text, name));
}

const bytesOf = (fields: Fields, name: string): Uint8Array => decode(fields.get(name), name);

function decode(text: unknown, name: string): Uint8Array {
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined;
  if (bytes === undefined || bytes.length === 0) throw new Error(`${name} is not base64`);
  return bytes;
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
