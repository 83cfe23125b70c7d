/**
 * An authority that vouches for nobody: its key is gone when it is made. Envoy cannot be told that a name is no more, and
 * keeps what it had; with this in its place it believes none of that trust domain. Made by workload-api/listen.
 */
import type { Clock } from '../../shared/clock.ts';
import { buildCertificate } from '../../shared/crypto/certificate-builder.ts';
import { generateKeyPair, keySigner, subjectKeyId } from '../../shared/crypto/keys.ts';
import { distinguishedName } from '../../shared/crypto/names.ts';
import type { Random } from '../../shared/random.ts';

const FOREVER = new Date('9999-12-31T23:59:59Z'); // RFC 5280 4.1.2.5
const SERIAL_BYTES = 15; // behind a 1: positive

export class Nobody {
  #certificate: Uint8Array | undefined;

  /** DER; throws before `make` has resolved. */
  get certificate(): Uint8Array {
    if (this.#certificate === undefined) throw new Error('nobody has not been made');
    return this.#certificate;
  }

  async make(clock: Clock, random: Random): Promise<void> {
    const issuer = keySigner((await generateKeyPair('ec-p256')).privateKey);
    const name = distinguishedName({ commonName: 'nobody' });
    this.#certificate = await buildCertificate({
      issuer,
      issuerName: name,
      subject: name,
      publicKey: issuer.publicKey,
      serialNumber: Uint8Array.of(1, ...random.bytes(SERIAL_BYTES)),
      notBefore: clock.now(),
      notAfter: FOREVER,
      isCa: true,
      keyUsage: ['keyCertSign', 'crlSign'],
      subjectKeyId: subjectKeyId(issuer.publicKey),
    });
  }
}
