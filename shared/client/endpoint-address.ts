/**
 * The address of a Workload API (SPIFFE_Workload_Endpoint 4): `unix:` with an absolute path, or `tcp://IP:port`, and
 * nothing else. Read by the library and by the commands of the agent.
 */
import { isIP } from 'node:net';
import { type CodedError, invalidArgument } from '../errors.ts';

export type EndpointAddress =
  | { readonly kind: 'unix'; readonly path: string }
  /** `IP:port`, IPv6 in brackets. */
  | { readonly kind: 'tcp'; readonly hostPort: string };

export const SOCKET_VARIABLE = 'SPIFFE_ENDPOINT_SOCKET';

const EXAMPLE = 'such as unix:///run/spire/agent/public/api.sock';
const URI = /^([a-z][a-z0-9+.-]*):(.*)$/is; // RFC 3986 3.1: schemes know no case
const SOCKET_PATH_MAX_BYTES = 107; // unix(7): sun_path holds 108, with the zero at its end

/** Throws InvalidArgument that names the broken rule and what to write instead; passwords in the text are not repeated. */
export function parseEndpointAddress(text: string): EndpointAddress {
  if (text === '') throw refused(`is empty: it is ${EXAMPLE}`);
  if (/[\s\p{Cc}]/u.test(text)) throw refused('has a space or control character in it');
  const [, scheme = '', rest = ''] = URI.exec(text) ?? [];
  switch (scheme.toLowerCase()) {
    case 'unix':
      return { kind: 'unix', path: unixPath(rest) };
    case 'tcp':
      return { kind: 'tcp', hostPort: hostPort(rest) };
    default:
      throw wrongScheme(text, scheme);
  }
}

function wrongScheme(text: string, scheme: string): CodedError {
  if (text.startsWith('/')) return refused(`is a bare path: write unix://${text}`);
  if (scheme === '') return refused(`has no scheme: it begins with unix: or tcp:, ${EXAMPLE}`);
  return refused(`has the scheme "${scheme}": there are only unix and tcp, ${EXAMPLE}`);
}

function unixPath(rest: string): string {
  const path = rest.startsWith('//') ? rest.slice(2) : rest;
  if (/[?#]/.test(path)) throw refused('has a query or fragment, which unix: does not allow');
  // One SDK decodes it and the next does not: the same address would be two sockets.
  if (path.includes('%')) throw refused('has a % in its path: write the path without percent-encoding');
  if (!path.startsWith('/')) throw refused(notAbsolute(rest, path));
  if (path === '/') throw refused(`names no socket: the path is missing, ${EXAMPLE}`);
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX_BYTES)
    throw refused(`has a path of more than ${SOCKET_PATH_MAX_BYTES} bytes, which no Unix socket can have`);
  return path;
}

function notAbsolute(rest: string, path: string): string {
  if (path === '') return `names no socket: the path is missing, ${EXAMPLE}`;
  return rest.startsWith('//')
    ? 'has an authority, or a path that is not absolute: write three slashes, unix:///path'
    : 'has a path that is not absolute: write unix:///path';
}

function hostPort(rest: string): string {
  if (!rest.startsWith('//')) throw refused('lacks the slashes: write tcp://IP:port');
  const authority = rest.slice(2);
  if (authority.includes('@')) throw refused('has user information, which tcp: does not allow');
  if (/[/?#]/.test(authority)) throw refused('has a path, query or fragment, which tcp: does not allow');
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(authority) ?? [];
  checkHost(host);
  if (port === undefined) throw refused('has no port: write tcp://IP:port');
  if (!/^[1-9][0-9]{0,4}$/.test(port) || Number(port) > 65_535)
    throw refused('has a port that is not within 1 and 65535');
  return authority;
}

/** A name would be looked up, and whoever answers would be believed. */
function checkHost(host: string): void {
  const isBracketed = host.startsWith('[');
  const family = isIP(isBracketed ? host.slice(1, -1) : host);
  if (host.includes('%') || family !== (isBracketed ? 6 : 4))
    throw refused('needs an IP address, no name: tcp://127.0.0.1:8081, or tcp://[::1]:8081');
}

const refused = (why: string): CodedError => invalidArgument(`the workload endpoint's address ${why}`);
