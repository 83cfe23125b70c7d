/** The certificate that the provider shows, from files that something else renews. Used by listen. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { type Clock, every } from '../../../shared/clock.ts';
import { Code, CodedError, messageOf } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log/logger.ts';
import { withKeyPem } from '../../../shared/tls/key-pem.ts';
import type { TlsIdentity } from '../../../shared/tls/listen.ts';
import type { HttpsConfig } from '../config/listen-fields.ts';

const FILE_MAX_BYTES = 1_048_576; // a chain of some hundred certificates
const OTHERS_READ = 0o004;

export interface ServingCertificateNeeds {
  readonly config: HttpsConfig;
  readonly clock: Clock;
  readonly log: Logger;
}

export class ServingCertificate {
  readonly #needs: ServingCertificateNeeds;
  #digest = '';
  #expiresAt = new Date(0);

  constructor(needs: ServingCertificateNeeds) {
    this.#needs = needs;
  }

  /** Throws FailedPrecondition, with the file and what is wrong with it. */
  load(): TlsIdentity {
    const identity = this.#readIfChanged();
    if (identity === undefined) throw new Error('the serving certificate was loaded before');
    return identity;
  }

  /** Looks by the clock until the signal aborts; calls back with every new pair that is whole. Never rejects. */
  follow(take: (identity: TlsIdentity) => void, signal: AbortSignal): Promise<void> {
    const { clock, config } = this.#needs;
    const ms = (): number => config.syncIntervalSeconds * 1_000;
    return every({ clock, ms, signal }, async () => this.#look(take));
  }

  #look(take: (identity: TlsIdentity) => void): void {
    const { log, clock } = this.#needs;
    try {
      const identity = this.#readIfChanged();
      if (identity !== undefined) {
        take(identity);
        log.info('serving certificate loaded', { expiresAt: this.#expiresAt });
      }
    } catch (error) {
      // Half of a pair is seen while it is being exchanged: what there was is shown until it is whole.
      log.error('serving certificate not loaded', { error: messageOf(error) });
    }
    if (this.#expiresAt <= clock.now())
      log.error('the serving certificate has expired', { expiresAt: this.#expiresAt });
  }

  #readIfChanged(): TlsIdentity | undefined {
    const { certificatePath, keyPath } = this.#needs.config;
    const certificate = readBounded(certificatePath);
    const key = readBounded(keyPath);
    try {
      const digest = createHash('sha256').update(certificate).update(key).digest('hex');
      if (digest === this.#digest) return undefined;
      const identity = identityOf({ certificate, certificatePath, key, keyPath });
      this.#expiresAt = new X509Certificate(certificate).validToDate;
      this.#digest = digest;
      this.#warnOfReaders(keyPath);
      return identity;
    } finally {
      key.fill(0);
    }
  }

  #warnOfReaders(path: string): void {
    if ((statSync(path).mode & OTHERS_READ) !== 0)
      this.#needs.log.warn('every user of this machine can read the key of the serving certificate', {
        path,
      });
  }
}

function readBounded(path: string): Buffer {
  try {
    const found = statSync(path);
    if (!found.isFile()) throw new Error('it is not a regular file');
    if (found.size > FILE_MAX_BYTES) throw new Error(`it is longer than ${FILE_MAX_BYTES} bytes`);
    return readFileSync(path);
  } catch (error) {
    throw refused(`"${path}" of serving_cert_file cannot be read: ${messageOf(error)}`, error);
  }
}

interface Pair {
  readonly certificate: Buffer;
  readonly certificatePath: string;
  readonly key: Buffer;
  readonly keyPath: string;
}

/** As node:tls would take it: what it refuses is refused here, by the name of the file. */
function identityOf({ certificate, certificatePath, key, keyPath }: Pair): TlsIdentity {
  const certificatePem = certificate.toString('latin1');
  const leaf = attempt(
    `"${certificatePath}" holds no certificate in PEM`,
    () => new X509Certificate(certificate),
  );
  const privateKey = attempt(`"${keyPath}" holds no private key in PEM`, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey))
    throw refused(`the key in "${keyPath}" is not that of the certificate in "${certificatePath}"`);
  attempt(`"${certificatePath}" and "${keyPath}" cannot be used`, () =>
    withKeyPem(privateKey, (pem) => createSecureContext({ cert: certificatePem, key: pem })),
  );
  return { certificatePem, privateKey };
}

function attempt<T>(what: string, deed: () => T): T {
  try {
    return deed();
  } catch (error) {
    throw refused(`${what}: ${messageOf(error)}`, error);
  }
}

const refused = (message: string, cause?: unknown): CodedError =>
  new CodedError(Code.failedPrecondition, message, { cause });
