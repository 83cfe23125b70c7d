/**
 * Carries out the steps of ca/rotation. Called by x509-ca, one round at a time.
 *
 * The order of what is kept, chosen so that a crash between any two lines resumes (ca/resume):
 *   prepare   1 the key into its slot          a crash after it: the journal's old authority of that slot no longer has
 *                                              its key and is dropped; its certificate stays in the bundle
 *             2 the journal: PREPARED          resumed as prepared, published before anything else happens to it
 *   publish   3 the bundle: its certificate    found there at resume
 *   activate  4 the journal: ACTIVE and OLD    before it: activated again; after it: resumed as active
 * So nothing signs before it is in the bundle, and nothing is in the bundle that no journal knows.
 */
import { bytesEqual, toHex } from '../../shared/bytes.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { Clock } from '../../shared/clock.ts';
import { subjectKeyId } from '../../shared/crypto/keys.ts';
import { internal } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { BundleStore } from '../bundle/bundle-store.ts';
import type { KeyManager } from '../key-manager/key-manager.ts';
import { Authorities, type Authority, keyIdOf } from './authorities.ts';
import type { CaConfig } from './ca-config.ts';
import { journalRecord } from './journal.ts';
import type { JournalStore } from './journal-store.ts';
import { resumeAuthorities } from './resume.ts';
import { nextStep, type RotationStep } from './rotation.ts';
import { makeSelfSigned } from './self-signed.ts';

const STEPS_MAX = 8; // twice what the longest round takes: a lifetime of a second must not make keys without end

export interface RotatingAuthoritiesNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly keyManager: KeyManager;
  readonly journals: JournalStore;
  readonly bundles: BundleStore;
  readonly trustDomain: TrustDomain;
  readonly config: CaConfig;
}

export class RotatingAuthorities {
  readonly #needs: RotatingAuthoritiesNeeds;
  readonly #onChange: () => void;
  #authorities = Authorities.none;
  #journalId: string | undefined;

  /** `onChange` is called after each step that changed what `current` gives. */
  constructor(needs: RotatingAuthoritiesNeeds, onChange: () => void) {
    this.#needs = needs;
    this.#onChange = onChange;
  }

  get current(): Authorities {
    return this.#authorities;
  }

  /** Takes up what an earlier run of this server left; throws Internal on a journal that cannot be read. */
  async resume(): Promise<void> {
    const { clock, journals, keyManager, log, trustDomain } = this.#needs;
    const resumed = await resumeAuthorities({ log, keyManager, journals, trustDomain, now: clock.now() });
    this.#journalId = resumed.journalId;
    this.#authorities = resumed.authorities;
    for (const { slot, status, authorityId, expiresAt } of resumed.authorities.all) {
      log.info('authority resumed', { slot, status, authorityId, expiresAt });
    }
  }

  /** Does what is due now. A failed step throws and leaves a state from which the next round goes on. */
  async round(): Promise<void> {
    const { bundles, clock, trustDomain } = this.#needs;
    const bundle = await bundles.find(trustDomain);
    this.#compareWith(bundle);
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      const step = nextStep(this.#authorities, clock.now(), bundle?.refreshHintSeconds ?? 0);
      if (step === undefined) return;
      await this.#take(step);
    }
  }

  #take(step: RotationStep): Promise<void> {
    if (step === 'prepare') return this.#prepare();
    return step === 'publish' ? this.#publish() : this.#activate();
  }

  async #prepare(): Promise<void> {
    const { clock, config, keyManager, random, trustDomain } = this.#needs;
    const slot = this.#authorities.standbySlot;
    const signer = await keyManager.generateKey(keyIdOf(slot), config.keyType);
    const now = clock.now();
    const { subject, ttlSeconds } = config;
    const certificate = await makeSelfSigned({ signer, subject, trustDomain, ttlSeconds, now, random });
    const authorityId = toHex(subjectKeyId(signer.publicKey));
    const expiresAt = certificate.notAfter;
    await this.#keep(
      this.#authorities.withPrepared({
        slot,
        status: 'PREPARED',
        authorityId,
        certificate,
        signer,
        issuedAt: now,
        expiresAt,
        publishedAt: undefined,
      }),
    );
    this.#needs.log.info('authority prepared', { slot, authorityId, expiresAt });
  }

  async #publish(): Promise<void> {
    const { bundles, clock, trustDomain } = this.#needs;
    const missing = this.#authorities.all.filter(
      (one) => mustBePublished(one) && one.publishedAt === undefined,
    );
    const x509 = missing.map(({ certificate }) => ({ certificate: certificate.raw, tainted: false }));
    const bundle = await bundles.append(trustDomain, { x509 });
    if (!missing.every((one) => isIn(bundle, one)))
      throw internal('bundle does not hold what was appended to it');
    const now = clock.now();
    this.#authorities = this.#authorities.withPublished((one) =>
      missing.includes(one) ? now : one.publishedAt,
    );
    this.#onChange();
  }

  async #activate(): Promise<void> {
    await this.#keep(this.#authorities.withPreparedActivated());
    const { slot, authorityId, expiresAt } = this.#authorities.active ?? {};
    this.#needs.log.info('authority activated', { slot, authorityId, expiresAt });
  }

  async #keep(authorities: Authorities): Promise<void> {
    this.#journalId = await this.#needs.journals.save(journalRecord(this.#journalId, authorities));
    this.#authorities = authorities;
    this.#onChange();
  }

  /** A database that was restored, or failed over, may have lost what was published. */
  #compareWith(bundle: Bundle | undefined): void {
    this.#authorities = this.#authorities.withPublished((one) => {
      if (!mustBePublished(one)) return one.publishedAt;
      if (isIn(bundle, one)) return one.publishedAt ?? one.issuedAt;
      if (one.publishedAt !== undefined) {
        this.#needs.log.warn('authority was lost from the bundle: it is appended again', {
          authorityId: one.authorityId,
        });
      }
      return undefined;
    });
  }
}

/** An old authority stays out: it may have been revoked. */
const mustBePublished = ({ status }: Authority): boolean => status !== 'OLD';

const isIn = (bundle: Bundle | undefined, { certificate }: Authority): boolean =>
  bundle?.x509Authorities.some((held) => bytesEqual(held.certificate, certificate.raw)) === true;
