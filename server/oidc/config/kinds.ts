/** The types of value that only the OIDC discovery provider's file holds. Called by the fields beside it. */
import { domainToASCII } from 'node:url';
import { parsed } from '../../../shared/config/kinds.ts';
import type { Kind } from '../../../shared/config/shape.ts';

const DOMAIN_MAX_CHARS = 253; // RFC 1035 2.3.4, as text
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/; // RFC 1123 2.1
const URL_MAX_CHARS = 2_048;

/** A host name as it stands in a Host header: in lower case, punycode for other alphabets. */
export const domain: Kind<string> = parsed('domain', 'placeholder', (value) => {
  if (isDomain(value)) return value;
  const meant = domainToASCII(value);
  throw new Error(
    isDomain(meant)
      ? `must be written as "${meant}": in lower case, other alphabets in punycode`
      : 'must be a domain name, without scheme, port or path',
  );
});

const isDomain = (value: string): boolean =>
  value.length <= DOMAIN_MAX_CHARS && value.split('.').every((label) => LABEL.test(label));

export interface TcpAddress {
  /** Undefined: every address of the machine. */
  readonly host: string | undefined;
  /** 0: any that is free. */
  readonly port: number;
}

/** `:443`, `127.0.0.1:8080`, `[::1]:8080` or `name:8080`. */
export const tcpAddress: Kind<TcpAddress> = parsed('address', { host: undefined, port: 0 }, (value) => {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(value) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new Error('must be an address such as ":443", "127.0.0.1:8080" or "[::1]:8080"');
  const host = bracketed ?? plain ?? '';
  return { host: host === '' ? undefined : host, port: Number(port) };
});

/** An issuer: relying parties compare it letter by letter, so it is kept as it is written. */
export const issuerUrl: Kind<string> = parsed('URL', '', (value) => {
  const { search, hash } = httpUrl(value);
  if (search !== '' || hash !== '') throw new Error('must have no query and no fragment'); // Discovery 3
  return value;
});

export const webUrl: Kind<string> = parsed('URL', '', (value) => {
  if (httpUrl(value).hash !== '') throw new Error('must have no fragment');
  return value;
});

/** Throws the predicate that it breaks. */
function httpUrl(value: string): URL {
  const url = /^https?:\/\/[^\s\p{Cc}]+$/u.test(value) && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || value.length > URL_MAX_CHARS)
    throw new Error('must be a URL with scheme and host such as "https://oidc.example.org"');
  if (url.username !== '' || url.password !== '') throw new Error('must have no user and no password');
  return url;
}

/** Where the documents are: empty, or such as `/instance/1`, without a slash at its end. */
export const pathPrefix: Kind<string> = parsed('path', '', (value) => {
  const path = value.replace(/\/$/, '');
  if (path === '' || isPrefix(path)) return path;
  throw new Error(
    'must be a path such as "/instance/1", of letters, digits and "-", ".", "_", "~" between slashes',
  );
});

const isPrefix = (path: string): boolean =>
  path.length <= URL_MAX_CHARS && /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/.test(path);

/** The path of one answer. */
export const httpPath: Kind<string> = parsed('path', '/', (value) => {
  if (/^\/[A-Za-z0-9._~/-]*$/.test(value) && value.length <= URL_MAX_CHARS) return value;
  throw new Error('must be a path such as "/ready"');
});
