/** The address of a Workload API (SPIFFE_Workload_Endpoint 4): `unix:` with an absolute path, or `tcp://IP:port`. */
import { isIP } from 'node:net';
import { invalidArgument } from '../errors.ts';

export type EndpointAddress =
  | { readonly kind: 'unix'; readonly path: string }
  /** `IP:port`, IPv6 in brackets. */
  | { readonly kind: 'tcp'; readonly hostPort: string };

export const SOCKET_VARIABLE = 'SPIFFE_ENDPOINT_SOCKET';

/** Throws InvalidArgument that says which rule was broken. */
export function parseEndpointAddress(text: string): EndpointAddress {
  if (text.startsWith('unix:')) return { kind: 'unix', path: unixPath(text.slice('unix:'.length)) };
  if (text.startsWith('tcp://')) return { kind: 'tcp', hostPort: hostPort(text.slice('tcp://'.length)) };
  throw invalidArgument(`workload endpoint "${text}" must begin with unix: or tcp://`);
}

function unixPath(rest: string): string {
  const path = rest.startsWith('//') ? rest.slice(2) : rest;
  if (/[?#]/.test(path)) throw invalidArgument('a unix: workload endpoint must not have a query or fragment');
  if (!path.startsWith('/'))
    throw invalidArgument('a unix: workload endpoint needs an absolute path and no authority');
  if (path === '/') throw invalidArgument('a unix: workload endpoint needs a path');
  return path;
}

function hostPort(rest: string): string {
  const [, host = '', port = ''] = /^(\[[0-9a-fA-F:.]+\]|[0-9.]+):([0-9]{1,5})$/.exec(rest) ?? [];
  if (isIP(host.replace(/^\[|\]$/g, '')) === 0) {
    throw invalidArgument('a tcp: workload endpoint is an IP address and a port, and nothing else');
  }
  if (Number(port) < 1 || Number(port) > 65_535)
    throw invalidArgument(`port ${port} is not within 1 and 65535`);
  return rest;
}
