/** Reads connection strings in libpq's two forms, `key=value …` and URL. Called by postgres.ts. */
import { invalidArgument } from '../../shared/errors.ts';

/** What TLS the connection needs. As in lib/pq (SPIRE): `require` encrypts and, given a root CA, verifies it too. */
export type SslMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

/** A parsed connection string; a host that begins with a slash is the folder of a Unix socket. */
export interface ConnectionParameters {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string | undefined;
  readonly sslMode: SslMode;
  readonly rootCaPath: string | undefined;
  readonly clientCertPath: string | undefined;
  readonly clientKeyPath: string | undefined;
  readonly applicationName: string;
  readonly connectTimeoutSeconds: number | undefined;
}

const DEFAULT_PORT = 5_432;
const TEXT_MAX_BYTES = 4_096;

/** Keywords of libpq 35.1.2 that are understood; anything else is refused by name, never by value. */
const KEYWORDS = new Set([
  'host',
  'port',
  'user',
  'dbname',
  'password',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'application_name',
  'connect_timeout',
]);

/** Throws InvalidArgument that names the keyword at fault and never repeats the string (it may hold a password). */
export function parseConnectionString(text: string): ConnectionParameters {
  if (text.length > TEXT_MAX_BYTES)
    throw invalidArgument(`connection string is longer than ${TEXT_MAX_BYTES} bytes`);
  const isUrl = /^postgres(ql)?:\/\//.test(text);
  return toParameters(isUrl ? readUrl(text) : readKeywords(text));
}

function toParameters(settings: ReadonlyMap<string, string>): ConnectionParameters {
  for (const key of settings.keys()) {
    if (!KEYWORDS.has(key)) throw invalidArgument(`connection string: keyword "${key}" is not supported`);
  }
  const get = (key: string): string | undefined => settings.get(key) || undefined;
  const host = get('host') ?? 'localhost';
  if (host.includes(','))
    throw invalidArgument('connection string: several hosts are not supported, name one');
  const user = get('user');
  if (user === undefined) throw invalidArgument('connection string: user is missing');
  return {
    host,
    port: readNumber('port', get('port'), 65_535) ?? DEFAULT_PORT,
    user,
    database: get('dbname') ?? user,
    password: get('password'),
    sslMode: readSslMode(get('sslmode'), host),
    rootCaPath: get('sslrootcert'),
    clientCertPath: get('sslcert'),
    clientKeyPath: get('sslkey'),
    applicationName: get('application_name') ?? 'writ',
    connectTimeoutSeconds: readNumber('connect_timeout', get('connect_timeout'), 3_600),
  };
}

function readNumber(key: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= max))
    throw invalidArgument(`connection string: ${key} must be a number from 1 to ${max}`);
  return value;
}

/** Unix sockets are never encrypted (libpq 34.19.1); elsewhere `require` is the default, as in lib/pq. */
function readSslMode(text: string | undefined, host: string): SslMode {
  if (host.startsWith('/')) return 'disable';
  const mode = text ?? 'require';
  if (mode === 'disable' || mode === 'require' || mode === 'verify-ca' || mode === 'verify-full') return mode;
  throw invalidArgument('connection string: sslmode must be disable, require, verify-ca or verify-full');
}

function readUrl(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  // A socket folder cannot stand in a URL's host; libpq writes it percent-encoded, which URL refuses to read.
  const [, authority = '', path = '', search = ''] =
    /^[a-z]+:\/\/([^/?#]*)([^?#]*)(\?[^#]*)?$/.exec(text) ?? [];
  const [, userInfo, hostPort = ''] = /^(?:(.*)@)?([^@]*)$/.exec(authority) ?? [];
  const [, user = '', password = ''] = /^([^:]*)(?::(.*))?$/.exec(userInfo ?? '') ?? [];
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(hostPort) ?? [];
  settings.set('user', decode(user));
  settings.set('password', decode(password));
  settings.set('host', decode(host.replace(/^\[|\]$/g, '')));
  settings.set('port', port);
  settings.set('dbname', decode(path.replace(/^\//, '')));
  for (const [key, value] of new URLSearchParams(search)) settings.set(key, value);
  return settings;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidArgument('connection string: malformed percent-encoding');
  }
}

/** libpq 34.1.1.1: values may stand in single quotes; backslash escapes one character, in quotes and out. */
function readKeywords(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  const pair = /\s*([a-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)(?=\s|$)/gsy;
  while (/\S/.test(text.slice(pair.lastIndex))) {
    const at = pair.lastIndex;
    const [, key, value] = pair.exec(text) ?? [];
    if (key === undefined || value === undefined) {
      throw invalidArgument(`connection string: expected key=value at character ${at + 1}`);
    }
    settings.set(key, value.replace(/^'|'$/g, '').replace(/\\(.)/gs, '$1'));
  }
  return settings;
}
