/** The server's own X.509-SVID, `spiffe://<trust domain>/spire/server`: a key in memory, rotated at half-life. Started by server.ts. */
import { type Clock, every } from '../../shared/clock.ts';
import { generateKeyPair, keySigner } from '../../shared/crypto/keys.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { internal, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { serverId } from '../../shared/spiffe/reserved.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Part } from '../../shared/tasks.ts';
import type { TlsIdentity } from '../../shared/tls/listen.ts';
import type { X509Ca } from '../ca/x509-ca.ts';

const CHECK_MS = 5_000; // SPIRE's interval
const DEFAULT_TTL = 0; // SPIRE: default_x509_svid_ttl

export interface OwnSvidNeeds {
  readonly trustDomain: TrustDomain;
  readonly ca: Pick<X509Ca, 'signServerSvid'>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Held {
  readonly identity: TlsIdentity;
  readonly validFrom: Date;
  readonly rotatesAt: Date;
  readonly expiresAt: Date;
}

export class OwnSvid implements Part {
  readonly name = 'own svid';
  readonly #needs: OwnSvidNeeds;
  readonly #listeners = new Set<(identity: TlsIdentity) => void>();
  #held: Held | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(needs: OwnSvidNeeds) {
    this.#needs = needs;
  }

  /** Throws as the CA does. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#rotate();
    this.#loop = every({ clock: this.#needs.clock, ms: () => CHECK_MS, signal }, () => this.#rotateIfDue());
  }

  async stop(): Promise<void> {
    await this.#loop;
  }

  /** Throws Internal before the start. */
  identity(): TlsIdentity {
    if (this.#held === undefined) throw internal('the server has no SVID yet');
    return this.#held.identity;
  }

  /** Calls back with each new identity. Returns the way to stop. */
  onChange(listener: (identity: TlsIdentity) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #rotateIfDue(): Promise<void> {
    const { clock, log } = this.#needs;
    if (this.#held !== undefined && !isDue(this.#held, clock.now())) return;
    try {
      await this.#rotate();
    } catch (error) {
      log.warn('server SVID could not be rotated: it is tried again', {
        error: messageOf(error),
        expiresAt: this.#held?.expiresAt,
      });
    }
  }

  async #rotate(): Promise<void> {
    const { trustDomain, ca, clock, log } = this.#needs;
    const { privateKey } = await generateKeyPair('ec-p256');
    const { publicKey } = keySigner(privateKey);
    const signedAt = clock.now();
    const svid = await ca.signServerSvid({
      publicKey,
      spiffeId: serverId(trustDomain),
      dnsNames: [],
      ttlSeconds: DEFAULT_TTL,
    });
    const identity = {
      certificatePem: svid.chain.map((der) => formatPem('CERTIFICATE', der)).join(''),
      privateKey,
    };
    const { expiresAt, validFrom } = svid;
    const rotatesAt = new Date((signedAt.getTime() + expiresAt.getTime()) / 2);
    this.#held = { identity, validFrom, rotatesAt, expiresAt };
    log.debug('server SVID rotated', { serialNumber: svid.serialNumber, expiresAt });
    for (const listener of this.#listeners) listener(identity);
  }
}

/** An SVID that is not valid yet, after the clock was set back, is worth nothing either. */
const isDue = ({ validFrom, rotatesAt }: Held, now: Date): boolean => now >= rotatesAt || now < validFrom;
