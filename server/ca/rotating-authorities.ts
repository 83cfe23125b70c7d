/**
 * Carries out the steps of ca/rotation for one kind of authority. Called by ca/local-authorities, one deed at a time.
 *
 * The order of what is kept, chosen so that a crash between any two lines resumes (ca/resume):
 *   prepare   1 the key into its slot          a crash after it: the journal's old authority of that slot no longer has
 *                                              its key and is dropped; what it published stays in the bundle
 *             2 the journal: PREPARED          resumed as prepared, published before anything else happens to it
 *   publish   3 the bundle: its public part    found there at resume
 *   activate  4 the journal: ACTIVE and OLD    before it: activated again; after it: resumed as active
 * So nothing signs before it is in the bundle, and nothing is in the bundle that no journal knows.
 */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError, internal, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { BundleStore } from '../bundle/bundle-store.ts';
import type { KeyManager } from '../key-manager/key-manager.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import { Authorities, type Authority } from './authorities.ts';
import type { AuthorityKind, NewKey } from './authority-kind.ts';
import { resumeAuthorities } from './resume.ts';
import { followedSoonAfter, nextStep, type RotationStep, takeOverAfter } from './rotation.ts';
import type { ServerJournal } from './server-journal.ts';

const WARN_AGAIN_MS = 24 * 3_600_000;
const STEPS_MAX = 8; // twice what the longest round takes: a lifetime of a second must not make keys without end

export interface RotatingAuthoritiesNeeds {
  readonly clock: Clock;
  readonly log: Logger;
  readonly keyManager: KeyManager;
  readonly bundles: BundleStore;
  readonly trustDomain: TrustDomain;
}

/** Where a new authority comes from: this server makes it, or an operator brings it. */
export interface AuthoritySource<A extends Authority> {
  /** Has the key manager keep its key under this id. */
  keepKey(keyId: string): Promise<Signer>;
  make(key: NewKey): Promise<A>;
  /** Looks once more when the journal has it, before the bundle does. Throws where it is to be given up. */
  lookAgain?(prepared: A): Promise<void>;
}

export interface AuthorityState<A extends Authority> {
  readonly active: A;
  readonly prepared: A | undefined;
  readonly old: A | undefined;
}

export class RotatingAuthorities<A extends Authority> {
  readonly kind: AuthorityKind<A>;
  readonly #needs: RotatingAuthoritiesNeeds;
  readonly #journal: ServerJournal;
  readonly #own: AuthoritySource<A>;
  readonly #listeners = new Set<() => void>();
  #authorities: Authorities<A> = Authorities.none;
  /** Upstream's, that were tainted while this process ran: they may have left the bundle since. */
  readonly #distrustedRoots = new Set<string>();
  #warnAgainMs = 0;
  #isServing = false;

  constructor(kind: AuthorityKind<A>, journal: ServerJournal, needs: RotatingAuthoritiesNeeds) {
    this.kind = kind;
    this.#journal = journal;
    this.#needs = needs;
    this.#own = {
      keepKey: (keyId) => needs.keyManager.generateKey(keyId, kind.keyType),
      make: (key) => kind.make(key),
    };
  }

  get current(): Authorities<A> {
    return this.#authorities;
  }

  /** What the slots hold; throws Unavailable before the first round came to its end. */
  state(): AuthorityState<A> {
    const { active, prepared, old } = this.#authorities;
    if (!this.#isServing || active === undefined) throw unavailable('server is initializing');
    return { active, prepared, old };
  }

  /** Called after each step that changed what `current` gives. Returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes up what the journal, which has been opened, and the key manager hold. */
  async resume(): Promise<void> {
    const { bundles, clock, keyManager, log, trustDomain } = this.#needs;
    const { kind } = this;
    const bundle = await bundles.find(trustDomain);
    const journal = this.#journal.content;
    this.#authorities = await resumeAuthorities({ kind, log, keyManager, journal, bundle, now: clock.now() });
    for (const { slot, status, authorityId, expiresAt } of this.#authorities.all) {
      log.info('authority resumed', { kind: kind.name, slot, status, authorityId, expiresAt });
    }
  }

  /** Does what is due now. A failed step throws and leaves a state from which the next round goes on. */
  async round(): Promise<void> {
    const bundle = await this.#compareWithBundle();
    const refreshHintSeconds = bundle?.refreshHintSeconds ?? 0;
    const successorLifeMs = this.kind.ttlSeconds * 1_000;
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      const now = this.#needs.clock.now();
      const step = nextStep(this.#authorities, { now, refreshHintSeconds, successorLifeMs });
      if (step === undefined) break;
      await this.#take(step);
    }
    this.#warnOfFollower();
    this.#isServing = true;
  }

  /** Puts a new authority into the standby slot and the bundle, whatever the slot held. Throws as a round does, and as its source. */
  async prepare(source = this.#own): Promise<A> {
    await this.#prepare(source);
    await this.#lookAgain(source);
    await this.#publish();
    return this.#prepared();
  }

  /** Makes the prepared authority the active one, published first where it is not. Throws as a round does. */
  async activate(): Promise<A> {
    await this.#compareWithBundle();
    if (this.#prepared().publishedAt === undefined) await this.#publish();
    await this.#activate();
    return this.state().active;
  }

  /** Prepares no more below this root of upstream's. */
  distrustRoot(rootId: string | undefined): void {
    if (rootId !== undefined) this.#distrustedRoots.add(rootId);
  }

  /** Whether a root of upstream's was tainted while this process ran. */
  isDistrusted(rootId: string): boolean {
    return this.#distrustedRoots.has(rootId);
  }

  #take(step: RotationStep): Promise<void> {
    if (step === 'prepare') return this.#prepare(this.#own);
    return step === 'publish' ? this.#publish() : this.#activate();
  }

  async #prepare(source: AuthoritySource<A>): Promise<void> {
    const { clock, log } = this.#needs;
    const { kind } = this;
    const slot = this.#authorities.standbySlot;
    const signer = await source.keepKey(kind.keyIdOf(slot));
    this.#authorities = this.#authorities.without(slot);
    const prepared = await source.make({ slot, signer, now: clock.now() });
    await this.#checkUpstream(prepared);
    await this.#keep(this.#authorities.withPrepared(prepared));
    const { authorityId, expiresAt, isImported } = prepared;
    log.info('authority prepared', { kind: kind.name, slot, authorityId, expiresAt, isImported });
  }

  async #lookAgain(source: AuthoritySource<A>): Promise<void> {
    const prepared = this.#prepared();
    try {
      await source.lookAgain?.(prepared);
    } catch (error) {
      this.#authorities = this.#authorities.without(prepared.slot);
      await this.#own.keepKey(this.kind.keyIdOf(prepared.slot)); // what is given up is not to be found at a start
      await this.#keep(this.#authorities);
      throw error;
    }
  }

  /** What an operator brought is not to end unnoticed: said from its preparation threshold on, once a day. */
  #warnOfFollower(): void {
    const { clock, log } = this.#needs;
    const { active, prepared } = this.#authorities;
    if (active?.isImported !== true || prepared?.isImported === true) return;
    const now = clock.now();
    if (now <= followedSoonAfter(active) || now.getTime() < this.#warnAgainMs) return;
    this.#warnAgainMs = now.getTime() + WARN_AGAIN_MS;
    const { authorityId, expiresAt } = active;
    log.warn(
      'the imported authority ends, and is followed by one that this server makes, unless another is imported before',
      { kind: this.kind.name, authorityId, expiresAt, takesOverAfter: takeOverAfter(active) },
    );
  }

  /** A root that was tainted, and perhaps revoked since, must not come back by a CA that still signs below it. */
  async #checkUpstream(prepared: A): Promise<void> {
    const { upstreamAuthorityId: rootId } = prepared;
    if (rootId === undefined) return;
    const { bundles, trustDomain } = this.#needs;
    const held = this.kind.heldIn(await bundles.find(trustDomain), prepared);
    if (this.#distrustedRoots.has(rootId) || held?.tainted === true)
      throw new CodedError(
        Code.failedPrecondition,
        `the upstream CA's root ${rootId} is tainted: give the server another upstream CA`,
      );
  }

  async #publish(): Promise<void> {
    const { bundles, clock, trustDomain } = this.#needs;
    const missing = this.#authorities.all.filter(
      (one) => mustBePublished(one) && one.publishedAt === undefined,
    );
    const bundle = await bundles.append(trustDomain, this.kind.toPublish(missing));
    if (missing.some((one) => this.kind.heldIn(bundle, one) === undefined))
      throw internal('bundle does not hold what was appended to it');
    const now = clock.now();
    this.#authorities = this.#authorities.withSeen((one) => ({
      publishedAt: missing.includes(one) ? now : one.publishedAt,
    }));
    this.#tell();
  }

  async #activate(): Promise<void> {
    await this.#keep(this.#authorities.withPreparedActivated());
    const { slot, authorityId, expiresAt } = this.#authorities.active ?? {};
    this.#needs.log.info('authority activated', { kind: this.kind.name, slot, authorityId, expiresAt });
  }

  async #keep(authorities: Authorities<A>): Promise<void> {
    await this.#journal.save(this.kind, authorities);
    this.#authorities = authorities;
    this.#tell();
  }

  /** A database that was restored, or failed over, may have lost what was published. */
  async #compareWithBundle(): Promise<Bundle | undefined> {
    const { bundles, trustDomain } = this.#needs;
    const bundle = await bundles.find(trustDomain);
    this.#authorities = this.#authorities.withSeen((one) => this.#seenIn(bundle, one));
    return bundle;
  }

  #seenIn(bundle: Bundle | undefined, one: A): Pick<Authority, 'publishedAt' | 'isTainted'> {
    const { kind } = this;
    const { authorityId, publishedAt, issuedAt } = one;
    const { log } = this.#needs;
    const held = kind.heldIn(bundle, one);
    if (one.isTainted !== true && held?.tainted === true) {
      this.distrustRoot(one.upstreamAuthorityId);
      if (mustBePublished(one))
        log.warn('authority is tainted: it is replaced at once', { kind: kind.name, authorityId });
      return { publishedAt, isTainted: true };
    }
    if (!mustBePublished(one)) return { publishedAt };
    if (held !== undefined) return { publishedAt: publishedAt ?? issuedAt };
    if (one.isTainted === true) return { publishedAt }; // revoked
    if (publishedAt !== undefined)
      log.warn('authority was lost from the bundle: it is appended again', { kind: kind.name, authorityId });
    return { publishedAt: undefined };
  }

  #prepared(): A {
    const { prepared } = this.#authorities;
    if (prepared === undefined) throw internal('there is no prepared authority');
    return prepared;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** An old authority stays out: it may have been revoked. */
const mustBePublished = ({ status }: Authority): boolean => status !== 'OLD';
