/** Reads what a request asks for: path, host and scheme, as the client gave them or a proxy passes them on. Called by respond. */
import type { IncomingMessage } from 'node:http';
import type { Asked, Host } from '../endpoints/answer.ts';

export type AskedMessage = Pick<IncomingMessage, 'url' | 'headers' | 'headersDistinct'>;

const HOST_MAX_CHARS = 259; // a name of 253 characters (RFC 1035), a colon, five digits
const PORT_MAX = 65_535;
const ABSOLUTE = /^https?:\/\/([^/?#]*)([^?#]*)/i; // RFC 9112 3.2.2

export interface Target {
  readonly path: string;
  readonly asked: Asked;
}

/** Undefined: more than one Host, which nobody may guess between (RFC 9112 3.2). */
export function readTarget(message: AskedMessage, isTls: boolean): Target | undefined {
  const { url = '', headers, headersDistinct } = message;
  if ((headersDistinct['host'] ?? []).length > 1) return undefined;
  const [, authority, absolutePath] = ABSOLUTE.exec(url) ?? [];
  const path = absolutePath ?? url.replace(/[?#].*$/s, '');
  const named = firstOf(headers['x-forwarded-host']) ?? authority ?? headers.host;
  return {
    path: path === '' ? '/' : path,
    asked: {
      host: named === undefined ? undefined : parseHost(named),
      isSecure: isTls || cameByHttps(headers),
      ifModifiedSince: dateOf(headers['if-modified-since']),
    },
  };
}

/** `name` or `name:port`; undefined for what is neither. */
export function parseHost(text: string): Host | undefined {
  if (text.length > HOST_MAX_CHARS) return undefined;
  const [, domain, port = ''] = /^([a-z0-9.-]+)(:\d{1,5})?$/i.exec(text) ?? [];
  if (domain === undefined || Number(port.slice(1)) > PORT_MAX) return undefined;
  return { domain: domain.toLowerCase(), port };
}

/** The client's own proxy stands first where several have passed it on. Empty counts as absent. */
function firstOf(header: string | string[] | undefined): string | undefined {
  const [first = ''] = String(header ?? '').split(',');
  return first.trim() === '' ? undefined : first.trim();
}

/** In the order in which SPIRE's provider looks. */
function cameByHttps(headers: AskedMessage['headers']): boolean {
  const scheme =
    firstOf(headers['x-forwarded-proto']) ??
    firstOf(headers['x-forwarded-scheme']) ??
    /(?:^|[;,\s])proto="?(https?)/i.exec(String(headers.forwarded ?? ''))?.[1];
  return scheme?.toLowerCase() === 'https';
}

/** Undefined where there is none that can be read: then it is as if it were not there (RFC 9110 13.1.3). */
function dateOf(header: string | undefined): Date | undefined {
  const at = new Date(header ?? '');
  return Number.isNaN(at.getTime()) ? undefined : at;
}
