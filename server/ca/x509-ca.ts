/**
 * The X.509 CA as the API sees it: signs SVIDs with the active authority. Made by server.ts; called by api/svid,
 * api/agent and listen/own-svid. The authorities rotate in ca/local-authorities.
 */
import { toDecimal } from '../../shared/bytes.ts';
import { addSeconds, type Clock, toSeconds } from '../../shared/clock.ts';
import { checkWorkloadKey } from '../../shared/crypto/public-key.ts';
import { internal, invalidArgument, unavailable } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { CredentialComposer } from '../credential-composer/credential-composer.ts';
import { type CaAuthority, chainAbove } from './authorities.ts';
import type { ClusterClock } from './cluster-clock.ts';
import { BACKDATE_SECONDS, type CaConfig } from './ca-config.ts';
import { X509SvidTemplate } from './certificate-template.ts';
import { checkIssued } from './check-certificate.ts';
import { makeDownstreamCa } from './downstream-ca.ts';
import { issueX509Svid } from './issue-x509-svid.ts';
import type { RotatingAuthorities } from './rotating-authorities.ts';
import { newSerialNumber, serialNumberOf } from './serial-number.ts';

export interface X509CaNeeds {
  readonly authorities: RotatingAuthorities<CaAuthority>;
  readonly clock: Clock;
  readonly random: Random;
  readonly trustDomain: TrustDomain;
  readonly config: CaConfig;
  /** How far the clock runs ahead of the other servers'. */
  readonly clusterClock?: Pick<ClusterClock, 'aheadMs'>;
  /** What changes the certificates of workloads. */
  readonly composers?: readonly CredentialComposer[];
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

export interface DownstreamRequest {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly ttlSeconds: number;
}

export interface IssuedX509Svid {
  /** The leaf, then the CA and what is above it, without the root: none below a self-signed authority. DER each. */
  readonly chain: readonly Uint8Array[];
  /** Decimal. */
  readonly serialNumber: string;
  readonly validFrom: Date;
  readonly expiresAt: Date;
}

export class X509Ca {
  readonly #needs: X509CaNeeds;
  #template: X509SvidTemplate | undefined;

  constructor(needs: X509CaNeeds) {
    this.#needs = needs;
  }

  /** Signs for a workload's CSR. Throws InvalidArgument on a bad CSR or TTL, Unavailable while there is no valid authority. */
  signX509Svid(request: CsrSvidRequest): Promise<IssuedX509Svid> {
    return this.#signCsr(request, this.#needs.composers ?? []);
  }

  /** Signs for an agent's CSR. Throws as signX509Svid does. */
  signAgentSvid(request: CsrSvidRequest): Promise<IssuedX509Svid> {
    return this.#signCsr(request, []);
  }

  /** Signs for a key that is the server's own: there is no CSR to prove that. Throws as signX509Svid does. */
  async signServerSvid({ publicKey, ...request }: KeySvidRequest): Promise<IssuedX509Svid> {
    const { template, validity, above } = this.#prepareToSign(request);
    checkWorkloadKey(publicKey);
    const serialNumber = newSerialNumber(this.#needs.random);
    const { spiffeId, dnsNames } = request;
    const fields = { spiffeId, dnsNames, publicKey, serialNumber, ...validity };
    const leaf = await template.build(fields);
    checkIssued(leaf, { ...fields, issuer: template.issuerCertificate });
    return issued([leaf, ...above], validity);
  }

  /** A CA certificate for a server below this one; 0 seconds for `ca_ttl`. Throws InvalidArgument on a bad key or TTL, Unavailable as signX509Svid does. */
  async signDownstreamCa({ publicKey, ttlSeconds }: DownstreamRequest): Promise<IssuedX509Svid> {
    const { clock, config, random, trustDomain } = this.#needs;
    const now = clock.now();
    const issuer = this.#activeNow(now);
    const validity = this.#validity(issuer, ttlSeconds, config.ttlSeconds);
    const chain = await makeDownstreamCa({ issuer, publicKey, now, trustDomain, random, ...validity });
    return issued(chain, validity);
  }

  /** For health. Throws Unavailable while nothing can be signed. */
  checkCanSign(): void {
    this.#activeNow(this.#needs.clock.now());
  }

  async #signCsr(
    { csr, subject, ...request }: CsrSvidRequest,
    composers: readonly CredentialComposer[],
  ): Promise<IssuedX509Svid> {
    const { template, validity, above } = this.#prepareToSign(request);
    const { spiffeId, dnsNames } = request;
    const { random } = this.#needs;
    const asked = { spiffeId, dnsNames, composers, ...(subject === undefined ? {} : { subject }) };
    const leaf = await issueX509Svid({ template, csr, random, ...asked, ...validity });
    return issued([leaf, ...above], validity);
  }

  #prepareToSign({ spiffeId, ttlSeconds }: SvidRequest) {
    const { clock, config, trustDomain } = this.#needs;
    if (!spiffeId.isMemberOf(trustDomain))
      throw internal(`SPIFFE ID ${spiffeId} is not of trust domain ${trustDomain}`);
    const active = this.#activeNow(clock.now());
    const validity = this.#validity(active, ttlSeconds, config.defaultX509SvidTtlSeconds);
    return { template: this.#templateOf(active), validity, above: chainAbove(active) };
  }

  /** Cut to the life of the authority. */
  #validity(active: CaAuthority, ttlSeconds: number, defaultSeconds: number): Validity {
    if (!(ttlSeconds >= 0)) throw invalidArgument(`TTL of ${ttlSeconds} s is negative`);
    const { clock, clusterClock } = this.#needs;
    const now = clock.now();
    const ttlMs = (ttlSeconds || defaultSeconds) * 1_000;
    const end = Math.min(now.getTime() + ttlMs, active.expiresAt.getTime());
    return {
      notBefore: toSeconds(addSeconds(now, -BACKDATE_SECONDS - (clusterClock?.aheadMs ?? 0) / 1_000)),
      notAfter: toSeconds(new Date(end)),
    };
  }

  #activeNow(now: Date): CaAuthority {
    const { active } = this.#needs.authorities.state();
    if (now >= active.expiresAt)
      throw unavailable('the active X.509 authority has expired and no new one could be made');
    if (now < active.validFrom)
      throw unavailable('the active X.509 authority is not valid yet: the clock was set back');
    return active;
  }

  /** Made when an authority signs for the first time. */
  #templateOf({ certificate, signer }: CaAuthority): X509SvidTemplate {
    if (this.#template?.issuerCertificate !== certificate) {
      this.#template = new X509SvidTemplate({ issuer: signer, issuerCertificate: certificate });
    }
    return this.#template;
  }
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const issued = (
  chain: readonly [Uint8Array, ...Uint8Array[]],
  { notBefore, notAfter }: Validity,
): IssuedX509Svid => ({
  chain,
  serialNumber: toDecimal(serialNumberOf(chain[0])),
  validFrom: notBefore,
  expiresAt: notAfter,
});
