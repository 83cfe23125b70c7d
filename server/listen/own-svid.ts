/**
 * The server's own X.509-SVID, `spiffe://<trust domain>/spire/server`: a key in memory, rotated at half-life, and when its
 * authority is tainted. Started by server.ts.
 */
import { type Clock, every } from '../../shared/clock.ts';
import { generateKeyPair, keySigner } from '../../shared/crypto/keys.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { internal, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { serverId } from '../../shared/spiffe/reserved.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Part } from '../../shared/tasks.ts';
import type { TlsIdentity } from '../../shared/tls/listen.ts';
import { standingOf } from '../../shared/svid/standing.ts';
import type { BundleCache } from '../bundle/bundle-cache.ts';
import type { X509Ca } from '../ca/x509-ca.ts';

const CHECK_MS = 5_000; // SPIRE's interval
const DEFAULT_TTL = 0; // SPIRE: default_x509_svid_ttl

export interface OwnSvidNeeds {
  readonly trustDomain: TrustDomain;
  readonly ca: Pick<X509Ca, 'signServerSvid'>;
  readonly bundle: Pick<BundleCache, 'authoritiesOf' | 'onChange'>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Held {
  readonly chain: readonly Uint8Array[];
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
  #rotating: Promise<void> | undefined;
  #forgetBundle = (): void => {};

  constructor(needs: OwnSvidNeeds) {
    this.#needs = needs;
  }

  /** Throws as the CA does. */
  async start(signal: AbortSignal): Promise<void> {
    const { bundle, clock } = this.#needs;
    await this.#rotate();
    this.#forgetBundle = bundle.onChange(() => void this.#rotateIfDue());
    this.#loop = every({ clock, ms: () => CHECK_MS, signal }, () => this.#rotateIfDue());
  }

  async stop(): Promise<void> {
    this.#forgetBundle();
    await this.#loop;
    await this.#rotating;
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

  #rotateIfDue(): Promise<void> {
    if (this.#held !== undefined && !this.#isDue(this.#held)) return Promise.resolve();
    this.#rotating ??= this.#rotateOrLog().finally(() => {
      this.#rotating = undefined;
    });
    return this.#rotating;
  }

  /** One that is not valid yet, after the clock was set back, is worth nothing either. */
  #isDue({ chain, rotatesAt, validFrom }: Held): boolean {
    const { bundle, clock, trustDomain } = this.#needs;
    const now = clock.now();
    return (
      now >= rotatesAt ||
      now < validFrom ||
      standingOf(chain, bundle.authoritiesOf(trustDomain)) === 'tainted'
    );
  }

  async #rotateOrLog(): Promise<void> {
    const { log } = this.#needs;
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
    this.#held = { chain: svid.chain, identity, validFrom, rotatesAt, expiresAt };
    log.debug('server SVID rotated', { serialNumber: svid.serialNumber, expiresAt });
    for (const listener of this.#listeners) listener(identity);
  }
}
