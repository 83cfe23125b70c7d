/** Private keys in the only form that node:tls takes. Called by whatever makes a TLS context. */
import type { KeyObject } from 'node:crypto';

/**
 * What `use` gives, which is handed the key as PEM in a buffer that is wiped when it returns: a tls.Server keeps what
 * it was given for as long as it lives, where a heap dump or a printed object would show it.
 */
export function withKeyPem<Result>(key: KeyObject, use: (pem: Buffer) => Result): Result {
  const pem = Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }));
  try {
    return use(pem);
  } finally {
    pem.fill(0);
  }
}
