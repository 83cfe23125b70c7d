/** The source's identity in the forms that TLS takes. Called by the servers and clients of the library. */
import type { SecureContextOptions } from 'node:tls';
import { formatPem } from '../crypto/pem.ts';
import { withKeyPem } from '../tls/key-pem.ts';
import type { TlsIdentity } from '../tls/listen.ts';
import { tlsOptions } from '../tls/protocols.ts';
import type { X509Source } from './x509-source.ts';

/** Throws Unavailable without an identity. */
export function tlsIdentityOf(source: X509Source): TlsIdentity {
  const { chain, privateKey } = source.identity();
  return { certificatePem: chain.map((der) => formatPem('CERTIFICATE', der)).join(''), privateKey };
}

/**
 * What `use` makes of the whole context of a server, to be given again at each rotation: an option that were left out
 * would fall back to the library's default. The key is wiped when it returns. Throws Unavailable without an identity.
 */
export function withServerContext<Result>(
  source: X509Source,
  use: (context: SecureContextOptions) => Result,
): Result {
  const { certificatePem: cert, privateKey } = tlsIdentityOf(source);
  return withKeyPem(privateKey, (key) => use({ ...SERVER_CONTEXT, cert, key }));
}

/** No authorities: what OpenSSL thinks of a client is not asked. */
export const SERVER_CONTEXT: SecureContextOptions = { ...tlsOptions(false), ca: [] };
