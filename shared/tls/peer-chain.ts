/** The certificate chain that a TLS peer presented. Called on both sides, before anything that the peer says is believed. */
import type { TLSSocket } from 'node:tls';

/** One more than a verifier takes (spiffe.md 3.3): a chain that is too long is refused, not cut. */
const MAX_CHAIN = 17;

/**
 * DER, as it was sent, leaf first; empty when the peer presented none. The library's older getPeerCertificate shows
 * something else: a path of OpenSSL's choice, completed from the store of trusted certificates.
 */
export function peerChain(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let at = socket.getPeerX509Certificate();
  while (at !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new Uint8Array(at.raw));
    at = at.issuerCertificate;
  }
  return chain;
}
