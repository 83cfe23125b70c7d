/** The certificate chain that a TLS peer presented. */
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

const MAX_CHAIN = 16;

/** DER, leaf first; empty when the peer presented none. */
export function peerChain(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (at?.raw !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new Uint8Array(at.raw));
    const issuer: DetailedPeerCertificate | undefined = at.issuerCertificate;
    if (issuer === at) break; // self-signed ends it
    at = issuer;
  }
  return chain;
}
