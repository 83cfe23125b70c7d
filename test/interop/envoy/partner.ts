/** Another trust domain, partner.test: its authority, its bundle, and a workload of its that calls. */
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { addSeconds, systemClock } from '../../../shared/clock.ts';
import { generateKeyPair } from '../../../shared/crypto/keys.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { makeLeaf, makeRoot } from '../../shared/crypto/pki.ts';
import type { Answer } from './service.ts';

export const PARTNER_ID = 'spiffe://partner.test/caller';

export class Partner {
  /** PEM, for `bundle set`. */
  readonly bundlePath: string;
  readonly #certificate: string;
  readonly #key: string;

  private constructor(bundlePath: string, certificate: string, key: string) {
    this.bundlePath = bundlePath;
    this.#certificate = certificate;
    this.#key = key;
  }

  static async make(directory: string): Promise<Partner> {
    const now = systemClock.now();
    const times = { notBefore: addSeconds(now, -60), notAfter: addSeconds(now, 3_600) };
    const { privateKey, publicKey } = await generateKeyPair('ec-p256');
    const root = await makeRoot({ ...times, uriSans: ['spiffe://partner.test'] });
    const leaf = await makeLeaf(root, { ...times, uriSans: [PARTNER_ID], publicKey });
    const bundlePath = join(directory, 'partner.pem');
    writeFileSync(bundlePath, formatPem('CERTIFICATE', root.certificate.raw));
    return new Partner(
      bundlePath,
      formatPem('CERTIFICATE', leaf.certificate.raw),
      privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    );
  }

  /** A new connection each time; rejects where the handshake does. It does not look at who answers: that is not what is tested. */
  call(port: number, path = '/partners/'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request({
        host: '127.0.0.1',
        port,
        path,
        servername: 'backend.test',
        agent: false,
        cert: this.#certificate,
        key: this.#key,
        rejectUnauthorized: false,
        timeout: 5_000,
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      sent.end();
    });
  }
}
