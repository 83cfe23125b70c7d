/**
 * The authorities of this server, of every kind that it signs with: resumed at start, rotated until the end, one deed at
 * a time, since they share a journal. Started by server.ts, which hands each kind to who signs with it.
 */
import { Backoff } from '../../shared/backoff.ts';
import { type Clock, every } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Part } from '../../shared/tasks.ts';
import type { BundleStore } from '../bundle/bundle-store.ts';
import type { KeyManager } from '../key-manager/key-manager.ts';
import type { UpstreamAuthority } from '../upstream-authority/upstream-authority.ts';
import type { Authority, CaAuthority } from './authorities.ts';
import type { CaConfig } from './ca-config.ts';
import { ImportByHand } from './import-by-hand.ts';
import type { JournalStore } from './journal-store.ts';
import { LocalAuthority } from './local-authority.ts';
import { findSigners } from './resume.ts';
import { RotatingAuthorities } from './rotating-authorities.ts';
import { RotationReport } from './rotation-report.ts';
import { ServerJournal } from './server-journal.ts';
import type { TokenConfig } from './token-config.ts';
import { tokenKind } from './token-kind.ts';
import { UpstreamByHand } from './upstream-by-hand.ts';
import { keyIdentifier, x509Kind } from './x509-kind.ts';

const CHECK_MS = 10_000; // SPIRE's interval
const RETRY = { initialMs: 1_000, maxMs: 30_000 };

type TokenKeyConfig = Pick<TokenConfig, 'isEnabled' | 'keyType'>;

export interface LocalAuthoritiesNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly keyManager: KeyManager;
  readonly journals: JournalStore;
  /** Undefined: CA certificates are self-signed. */
  readonly upstreamAuthority: UpstreamAuthority | undefined;
  readonly bundles: BundleStore;
  readonly trustDomain: TrustDomain;
  readonly config: CaConfig;
  readonly jwt: TokenKeyConfig;
  readonly wit: TokenKeyConfig;
  /** How often it is looked whether a rotation is due. */
  readonly checkMs?: number;
}

/** Undefined what this server does not sign. */
export interface ByHand {
  readonly x509: LocalAuthority;
  readonly jwt: LocalAuthority | undefined;
  readonly wit: LocalAuthority | undefined;
  /** The roots above. */
  readonly upstream: UpstreamByHand;
  /** X.509 authorities that an operator brings. */
  readonly imports: ImportByHand;
}

interface Rotated {
  readonly authorities: RotatingAuthorities<CaAuthority> | RotatingAuthorities<Authority>;
  readonly report: RotationReport;
}

export class LocalAuthorities implements Part {
  readonly name = 'local authorities';
  readonly x509: RotatingAuthorities<CaAuthority>;
  /** Undefined where JWT-SVIDs are disabled. */
  readonly jwt: RotatingAuthorities<Authority> | undefined;
  /** Undefined unless WIT-SVIDs are enabled. */
  readonly wit: RotatingAuthorities<Authority> | undefined;
  readonly #needs: LocalAuthoritiesNeeds;
  readonly #journal: ServerJournal;
  /** X.509 first: the journal is found by it. */
  readonly #rotated: readonly Rotated[];
  readonly #retry: Backoff;
  #lastDeed: Promise<unknown> = Promise.resolve();
  #loop: Promise<void> = Promise.resolve();

  constructor(needs: LocalAuthoritiesNeeds) {
    const { config, journals, random } = needs;
    this.#needs = needs;
    this.#retry = new Backoff(random, RETRY);
    this.#journal = new ServerJournal(journals);
    this.x509 = new RotatingAuthorities(x509Kind(needs), this.#journal, needs);
    const tokens = (name: 'JWT' | 'WIT', { isEnabled, keyType }: TokenKeyConfig) => {
      if (!isEnabled) return undefined;
      const kind = tokenKind({ name, keyType, ttlSeconds: config.ttlSeconds, random });
      return new RotatingAuthorities(kind, this.#journal, needs);
    };
    this.jwt = tokens('JWT', needs.jwt);
    this.wit = tokens('WIT', needs.wit);
    this.#rotated = [this.x509, this.jwt, this.wit]
      .filter((authorities) => authorities !== undefined)
      .map((authorities) => ({ authorities, report: new RotationReport(authorities, needs) }));
  }

  /** Resumes or makes the first authorities, then rotates until the signal aborts; throws when there is none to sign with. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, checkMs = CHECK_MS } = this.#needs;
    await this.oneAtATime(() => this.#begin());
    let hasFailed = false;
    const delayMs = (): number => (hasFailed ? Math.min(this.#retry.next(), checkMs) : checkMs);
    this.#loop = every({ clock, ms: delayMs, signal }, async () => {
      hasFailed = !(await this.oneAtATime(() => this.#round()));
      if (!hasFailed) this.#retry.reset();
    });
  }

  async stop(): Promise<void> {
    await this.#loop;
    await this.#lastDeed;
  }

  /** Runs the deed when those before it have ended: rounds and what operators ask for never overlap. Throws as it does. */
  oneAtATime<T>(deed: () => Promise<T>): Promise<T> {
    const outcome = this.#lastDeed.then(() => deed());
    this.#lastDeed = outcome.catch(() => undefined);
    return outcome;
  }

  /** Each kind, to be worked by hand. `confirm` has the bundle in memory read anew. */
  byHand(confirm: () => Promise<void>): ByHand {
    const { bundles, trustDomain, config } = this.#needs;
    const oneAtATime = <T>(deed: () => Promise<T>): Promise<T> => this.oneAtATime(deed);
    const needs = { bundles, trustDomain, oneAtATime, confirm };
    const make = (authorities: RotatingAuthorities<Authority>): LocalAuthority =>
      new LocalAuthority(authorities, needs);
    const { x509, jwt, wit } = this;
    const upstream = new UpstreamByHand(x509, needs);
    const { defaultX509SvidTtlSeconds } = config;
    const journalId = (): string | undefined => this.#journal.id;
    const imports = new ImportByHand(x509, {
      ...this.#needs,
      ...needs,
      journalId,
      defaultX509SvidTtlSeconds,
    });
    return { x509: make(x509), jwt: jwt && make(jwt), wit: wit && make(wit), upstream, imports };
  }

  async #begin(): Promise<void> {
    const signers = await findSigners(this.x509.kind, this.#needs.keyManager);
    const held = (await this.#needs.keyManager.listKeys()).map(({ signer }) => signer.publicKey);
    await this.#journal.open([...signers.values()].map(keyIdentifier), held);
    for (const { authorities } of this.#rotated) {
      await authorities.resume();
      await authorities.round();
    }
  }

  /** Whether every kind could be looked after. */
  async #round(): Promise<boolean> {
    let isGood = true;
    for (const { authorities, report } of this.#rotated) {
      try {
        await authorities.round();
        report.good();
      } catch (error) {
        isGood = false;
        report.failed(messageOf(error));
      }
    }
    return isGood;
  }
}
