/** The agent's SVID as TLS presents it. Called by start/engine for server-link/connection. */
import { formatPem } from '../../shared/crypto/pem.ts';
import { privateKeyToPkcs8 } from '../../shared/crypto/keys.ts';
import type { TlsIdentity } from '../../shared/tls/listen.ts';
import type { AgentSvid } from '../agent-svid/agent-svid.ts';

/** PEM, because node:tls takes nothing else; lives as long as the handshake. */
export const tlsIdentityOf = ({ chain, key }: AgentSvid): TlsIdentity => ({
  certificatePem: chain.map((der) => formatPem('CERTIFICATE', der)).join(''),
  privateKeyPem: formatPem('PRIVATE KEY', privateKeyToPkcs8(key.privateKey)),
});
