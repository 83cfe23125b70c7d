/** The certificate chain that a TLS peer presented. */
import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';

const MAX_CHAIN = 16;

/** DER, leaf first; empty when the peer presented none. */
export const peerChain = (socket: TLSSocket): readonly Uint8Array[] =>
  chainOf(socket.getPeerCertificate(true));

/** The chain that hangs on a peer certificate, as `checkServerIdentity` gets it too. */
export function chainOf(certificate: PeerCertificate | DetailedPeerCertificate): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let at: PeerCertificate | DetailedPeerCertificate | undefined = certificate;
  while (at?.raw !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new Uint8Array(at.raw));
    const issuer: DetailedPeerCertificate | undefined =
      'issuerCertificate' in at ? at.issuerCertificate : undefined;
    if (issuer === at) break; // self-signed ends it
    at = issuer;
  }
  return chain;
}
