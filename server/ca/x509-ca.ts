/**
 * The X.509 authority as the API sees it: signs SVIDs with the active authority and keeps the authorities rotating.
 * Started by server.ts; called by api/svid, api/agent and listen/own-svid.
 */
import { Backoff } from '../../shared/backoff.ts';
import { toDecimal } from '../../shared/bytes.ts';
import { addSeconds, every, toSeconds } from '../../shared/clock.ts';
import { checkWorkloadKey } from '../../shared/crypto/public-key.ts';
import { internal, invalidArgument, messageOf, unavailable } from '../../shared/errors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Part } from '../../shared/tasks.ts';
import type { Authority } from './authorities.ts';
import { BACKDATE_SECONDS } from './ca-config.ts';
import { X509SvidTemplate } from './certificate-template.ts';
import { checkIssued } from './check-certificate.ts';
import { issueX509Svid } from './issue-x509-svid.ts';
import { RotatingAuthorities, type RotatingAuthoritiesNeeds } from './rotating-authorities.ts';
import { activationMarginMs } from './rotation.ts';
import { newSerialNumber, serialNumberOf } from './serial-number.ts';

const CHECK_MS = 10_000; // SPIRE's interval
const RETRY = { initialMs: 1_000, maxMs: 30_000 };
const REPORT_AGAIN_MS = 60_000;

export interface X509CaNeeds extends RotatingAuthoritiesNeeds {
  /** How often it is looked whether a rotation is due. */
  readonly checkMs?: number;
}

export interface SvidRequest {
  readonly spiffeId: SpiffeId;
  readonly dnsNames: readonly string[];
  /** 0 for the configured default; cut to the life of the active authority. */
  readonly ttlSeconds: number;
}

export interface CsrSvidRequest extends SvidRequest {
  /** PKCS #10, DER. */
  readonly csr: Uint8Array;
  /** DER of the Name, in place of SPIRE's. */
  readonly subject?: Uint8Array;
}

export interface KeySvidRequest extends SvidRequest {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
}

export interface IssuedX509Svid {
  /** The leaf, then intermediates: none below a self-signed authority. DER each. */
  readonly chain: readonly Uint8Array[];
  /** Decimal. */
  readonly serialNumber: string;
  readonly validFrom: Date;
  readonly expiresAt: Date;
}

export interface AuthorityState {
  readonly active: Authority;
  readonly prepared: Authority | undefined;
  readonly old: Authority | undefined;
}

export class X509Ca implements Part {
  readonly name = 'x509 ca';
  readonly #needs: X509CaNeeds;
  readonly #authorities: RotatingAuthorities;
  readonly #retry: Backoff;
  readonly #listeners = new Set<() => void>();
  #isServing = false;
  #hasFailed = false;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #template: X509SvidTemplate | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(needs: X509CaNeeds) {
    this.#needs = needs;
    this.#retry = new Backoff(needs.random, RETRY);
    this.#authorities = new RotatingAuthorities(needs, () => {
      for (const listener of this.#listeners) listener();
    });
  }

  /** Resumes or makes the first authority, then rotates until the signal aborts; throws when there is none to sign with. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, checkMs = CHECK_MS } = this.#needs;
    await this.#authorities.resume();
    await this.#authorities.round();
    this.#isServing = true;
    const delayMs = (): number => (this.#hasFailed ? Math.min(this.#retry.next(), checkMs) : checkMs);
    this.#loop = every({ clock, ms: delayMs, signal }, () => this.#round());
  }

  async stop(): Promise<void> {
    await this.#loop;
  }

  /** Signs for the CSR's key. Throws InvalidArgument on a bad CSR or TTL, Unavailable while there is no valid authority. */
  async signX509Svid({ csr, subject, ...request }: CsrSvidRequest): Promise<IssuedX509Svid> {
    const { template, validity } = this.#prepareToSign(request);
    const { spiffeId, dnsNames } = request;
    const { random } = this.#needs;
    const asked = { spiffeId, dnsNames, ...(subject === undefined ? {} : { subject }) };
    const leaf = await issueX509Svid({ template, csr, random, ...asked, ...validity });
    return issued(leaf, validity);
  }

  /** Signs for a key that is the server's own: there is no CSR to prove that. Throws as signX509Svid does. */
  async signServerSvid({ publicKey, ...request }: KeySvidRequest): Promise<IssuedX509Svid> {
    const { template, validity } = this.#prepareToSign(request);
    checkWorkloadKey(publicKey);
    const serialNumber = newSerialNumber(this.#needs.random);
    const { spiffeId, dnsNames } = request;
    const fields = { spiffeId, dnsNames, publicKey, serialNumber, ...validity };
    const leaf = await template.build(fields);
    checkIssued(leaf, { ...fields, issuer: template.issuerCertificate });
    return issued(leaf, validity);
  }

  /** What the slots hold; throws Unavailable before the first authority. */
  authorityState(): AuthorityState {
    const { active, prepared, old } = this.#authorities.current;
    if (!this.#isServing || active === undefined) throw unavailable('server is initializing');
    return { active, prepared, old };
  }

  /** For health. Throws Unavailable while nothing can be signed. */
  checkCanSign(): void {
    this.#activeNow(this.#needs.clock.now());
  }

  /** Called whenever authorityState changed. Returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #prepareToSign({ spiffeId, ttlSeconds }: SvidRequest) {
    const { clock, config, trustDomain } = this.#needs;
    if (!spiffeId.isMemberOf(trustDomain))
      throw internal(`SPIFFE ID ${spiffeId} is not of trust domain ${trustDomain}`);
    if (!(ttlSeconds >= 0)) throw invalidArgument(`TTL of ${ttlSeconds} s is negative`);
    const now = clock.now();
    const active = this.#activeNow(now);
    const ttlMs = (ttlSeconds || config.defaultX509SvidTtlSeconds) * 1_000;
    const validity = {
      notBefore: toSeconds(addSeconds(now, -BACKDATE_SECONDS)),
      notAfter: toSeconds(new Date(Math.min(now.getTime() + ttlMs, active.expiresAt.getTime()))),
    };
    return { template: this.#templateOf(active), validity };
  }

  #activeNow(now: Date): Authority {
    const { active } = this.authorityState();
    if (now >= active.expiresAt)
      throw unavailable('the active X.509 authority has expired and no new one could be made');
    if (now < active.certificate.notBefore)
      throw unavailable('the active X.509 authority is not valid yet: the clock was set back');
    return active;
  }

  /** Made when an authority signs for the first time. */
  #templateOf({ certificate, signer }: Authority): X509SvidTemplate {
    if (this.#template?.issuerCertificate !== certificate) {
      this.#template = new X509SvidTemplate({ issuer: signer, issuerCertificate: certificate });
    }
    return this.#template;
  }

  async #round(): Promise<void> {
    try {
      await this.#authorities.round();
      if (this.#hasFailed) this.#needs.log.info('X.509 authorities can be rotated again');
      this.#hasFailed = false;
      this.#reportedMs = Number.NEGATIVE_INFINITY;
      this.#retry.reset();
    } catch (error) {
      this.#hasFailed = true;
      this.#reportNowAndThen(error);
    }
  }

  #reportNowAndThen(error: unknown): void {
    const nowMs = this.#needs.clock.monotonicMs();
    if (nowMs - this.#reportedMs < REPORT_AGAIN_MS) return;
    this.#reportedMs = nowMs;
    this.#report(error);
  }

  #report(error: unknown): void {
    const { clock, log } = this.#needs;
    const { active } = this.#authorities.current;
    const leftMs = active === undefined ? 0 : active.expiresAt.getTime() - clock.now().getTime();
    const lifeMs = active === undefined ? 0 : active.expiresAt.getTime() - active.issuedAt.getTime();
    const fields = { error: messageOf(error), expiresAt: active?.expiresAt };
    if (leftMs > activationMarginMs(lifeMs)) {
      log.warn('X.509 authorities could not be checked or rotated: it is tried again', fields);
    } else {
      log.error(
        'X.509 authority cannot be replaced and expires soon: no SVID can be signed after that; bring back the database and the key manager',
        { ...fields, leftSeconds: Math.floor(leftMs / 1_000) },
      );
    }
  }
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const issued = (leaf: Uint8Array, { notBefore, notAfter }: Validity): IssuedX509Svid => ({
  chain: [leaf],
  serialNumber: toDecimal(serialNumberOf(leaf)),
  validFrom: notBefore,
  expiresAt: notAfter,
});
