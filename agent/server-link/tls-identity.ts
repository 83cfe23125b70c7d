/** The agent's SVID as TLS presents it. Called by start/engine for server-link/connection. */
import { formatPem } from '../../shared/crypto/pem.ts';
import type { TlsIdentity } from '../../shared/tls/listen.ts';
import type { AgentSvid } from '../agent-svid/agent-svid.ts';

export const tlsIdentityOf = ({ chain, key }: AgentSvid): TlsIdentity => ({
  certificatePem: chain.map((der) => formatPem('CERTIFICATE', der)).join(''),
  privateKey: key.privateKey,
});
