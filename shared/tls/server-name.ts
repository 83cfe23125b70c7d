/** What a client writes into SNI (RFC 6066 3) when all that it knows of its peer is the trust domain. */
import { isIP } from 'node:net';
import type { TrustDomain } from '../spiffe/trust-domain.ts';

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'; // RFC 1035 2.3.1, digits first allowed by RFC 1123 2.1
const HOST_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const HOST_NAME_MAX_CHARS = 253;

/** The trust domain's name where it is a host name, too; else none: many names that SPIFFE allows are not allowed there. */
export function serverNameOf({ name }: TrustDomain): string {
  const isHostName = name.length <= HOST_NAME_MAX_CHARS && HOST_NAME.test(name) && isIP(name) === 0;
  return isHostName ? name : '';
}
