/** One CA server's parts for tests: what outlives a restart (clock, keys, database), and servers made upon it. */
import { X509Certificate } from 'node:crypto';
import type { BundleStore } from '../../../server/bundle/bundle-store.ts';
import type { Authority, CaAuthority } from '../../../server/ca/authorities.ts';
import { type CaConfig, DEFAULT_CA_CONFIG } from '../../../server/ca/ca-config.ts';
import type { JournalStore } from '../../../server/ca/journal-store.ts';
import { LocalAuthorities } from '../../../server/ca/local-authorities.ts';
import type { RotatingAuthorities } from '../../../server/ca/rotating-authorities.ts';
import { type IssuedX509Svid, X509Ca } from '../../../server/ca/x509-ca.ts';
import type { CredentialComposer } from '../../../server/credential-composer/credential-composer.ts';
import type { UpstreamAuthority } from '../../../server/upstream-authority/upstream-authority.ts';
import type { KeyManager } from '../../../server/key-manager/key-manager.ts';
import type { X509Authority } from '../../../shared/bundle/bundle.ts';
import { buildCsr } from '../../../shared/crypto/csr.ts';
import { generateKeyPair, keySigner } from '../../../shared/crypto/keys.ts';
import type { KeyType } from '../../../shared/crypto/signer.ts';
import type { Random } from '../../../shared/random.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeBundleStore } from '../../fakes/bundle-store.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeJournalStore } from '../../fakes/journal-store.ts';
import { FakeKeyManager } from '../../fakes/key-manager.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';

export const HOUR_MS = 3_600_000;
export const trustDomain = TrustDomain.parse('example.org');
export const workloadId = SpiffeId.parse('spiffe://example.org/web');

/** The authority that signs now. */
export const idOf = (authorities: RotatingAuthorities<Authority>): string =>
  authorities.state().active.authorityId;

export interface CaServer {
  readonly authorities: LocalAuthorities;
  readonly x509: RotatingAuthorities<CaAuthority>;
  readonly ca: X509Ca;
  /** Ends the server as a restart does; keys and database stay. */
  stop(): Promise<void>;
}

interface TokenKeyOptions {
  readonly isEnabled: boolean;
  readonly keyType?: KeyType;
}

export interface CaServerOptions {
  readonly config?: Partial<CaConfig>;
  readonly jwt?: TokenKeyOptions;
  readonly wit?: TokenKeyOptions;
  readonly checkMs?: number;
  readonly keyManager?: KeyManager;
  readonly journals?: JournalStore;
  readonly bundles?: BundleStore;
  readonly random?: Random;
  readonly composers?: readonly CredentialComposer[];
  readonly upstreamAuthority?: UpstreamAuthority | undefined;
}

export class CaTestbed {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly keyManager = new FakeKeyManager();
  readonly journals = new FakeJournalStore();
  readonly bundles = new FakeBundleStore();
  readonly random = new FakeRandom();

  make(options: CaServerOptions = {}): Omit<CaServer, 'stop'> {
    const { clock, log, random, keyManager, journals, bundles } = this;
    const config = { ...DEFAULT_CA_CONFIG, ...options.config };
    const jwt = { keyType: config.keyType, isEnabled: true, ...options.jwt };
    const wit = { keyType: config.keyType, isEnabled: false, ...options.wit };
    const kept = { keyManager, journals, bundles };
    const none = { upstreamAuthority: undefined };
    const needs = { clock, log, random, ...none, ...kept, trustDomain, ...options, config, jwt, wit };
    const authorities = new LocalAuthorities(needs);
    const { x509 } = authorities;
    return { authorities, x509, ca: new X509Ca({ ...needs, authorities: x509 }) };
  }

  async start(options: CaServerOptions = {}): Promise<CaServer> {
    const made = this.make(options);
    const abort = new AbortController();
    await made.authorities.start(abort.signal);
    const stop = async (): Promise<void> => {
      abort.abort(new Error('stopping'));
      await made.authorities.stop();
    };
    return { ...made, stop };
  }

  async authorities(): Promise<readonly X509Authority[]> {
    return (await this.bundles.find(trustDomain))?.x509Authorities ?? [];
  }

  /** The authority of the bundle that the SVID is valid under at this moment; undefined when nobody would trust it. */
  async issuerOf({ chain, expiresAt }: IssuedX509Svid): Promise<Uint8Array | undefined> {
    const now = this.clock.now();
    const isValid = ({ validFromDate, validToDate }: X509Certificate): boolean =>
      now >= validFromDate && now < validToDate;
    const below = chain.map((der) => new X509Certificate(der));
    const inOrder = below.every((one, at) => {
      const issuer = below[at + 1];
      return isValid(one) && (issuer === undefined || isSignedBy(one, issuer));
    });
    const last = below.at(-1);
    if (!inOrder || now >= expiresAt || last === undefined) return undefined;
    const found = (await this.authorities()).find(({ certificate }) => {
      const root = new X509Certificate(certificate);
      return isValid(root) && isSignedBy(last, root);
    });
    return found?.certificate;
  }

  async isTrusted(svid: IssuedX509Svid): Promise<boolean> {
    return (await this.issuerOf(svid)) !== undefined;
  }
}

const isSignedBy = (one: X509Certificate, issuer: X509Certificate): boolean =>
  one.checkIssued(issuer) && one.verify(issuer.publicKey);

const { privateKey } = await generateKeyPair('ec-p256');
/** A signing request, the same for all tests of the process: its key does not matter to a CA. */
export const csr = await buildCsr(keySigner(privateKey));
export const { publicKey } = keySigner(privateKey);

export const svidRequest = { csr, spiffeId: workloadId, dnsNames: [], ttlSeconds: 0 };
