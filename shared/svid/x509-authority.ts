/** The CA certificates of a bundle, parsed once for as long as the bundle is held. Called by x509-svid. */
import { type Certificate, parseCertificate } from '../crypto/certificate.ts';

/** By the byte array itself: a bundle that is dropped takes its entries along. */
const known = new WeakMap<Uint8Array, { readonly certificate: Certificate | undefined }>();

/** Undefined when these bytes are not one certificate. They must not be changed afterwards. */
export function findAuthority(der: Uint8Array): Certificate | undefined {
  const before = known.get(der);
  if (before !== undefined) return before.certificate;
  const certificate = parseOrUndefined(der);
  known.set(der, { certificate });
  return certificate;
}

function parseOrUndefined(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch {
    return undefined;
  }
}
