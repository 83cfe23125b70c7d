/** Writes a bundle as a SPIFFE bundle: a JWK Set (SPIFFE_Trust_Domain_and_Bundle 4). Read by bundle-json. */
import { toBase64 } from '../bytes.ts';
import { parseCertificate } from '../crypto/certificate.ts';
import { publicKeyToJwk } from '../crypto/jwk.ts';
import type { Bundle, TokenAuthority, X509Authority } from './bundle.ts';

/** Indented JSON without a final newline. */
export function formatBundle(bundle: Bundle): string {
  const keys = [
    ...bundle.x509Authorities.map(x509Key),
    ...bundle.jwtAuthorities.map((authority) => tokenKey('jwt-svid', authority)),
    ...bundle.witAuthorities.map((authority) => tokenKey('wit-svid', authority)),
  ];
  const numbers = {
    ...(bundle.sequenceNumber > 0 ? { spiffe_sequence: bundle.sequenceNumber } : {}),
    ...(bundle.refreshHintSeconds > 0 ? { spiffe_refresh_hint: bundle.refreshHintSeconds } : {}),
  };
  return JSON.stringify({ keys, ...numbers }, undefined, 4);
}

/** X509-SVID 6.1: no kid, the certificate in x5c. */
const x509Key = ({ certificate }: X509Authority): object => ({
  ...keyOf('x509-svid', parseCertificate(certificate).publicKey),
  x5c: [toBase64(certificate)],
});

const tokenKey = (use: string, { keyId, publicKey }: TokenAuthority): object => keyOf(use, publicKey, keyId);

/** In the order in which SPIRE writes it, so that what both print can be compared as text. */
function keyOf(use: string, publicKey: Uint8Array, kid?: string): object {
  const { kty, crv, ...numbers } = publicKeyToJwk(publicKey);
  return {
    use,
    kty,
    ...(kid === undefined ? {} : { kid }),
    ...(crv === undefined ? {} : { crv }),
    ...numbers,
  };
}
