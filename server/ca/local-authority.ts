/**
 * One kind of this server's authorities, worked by hand: prepared, activated, tainted, revoked (SPIRE's LocalAuthority
 * API, its order of checks and its words). Called by api/localauthority. What is asked for waits its turn behind
 * rotations and other such calls. A crash at any line leaves a state that is resumed: prepare and activate are the steps
 * of ca/rotating-authorities, taint and revoke one transaction each.
 */
import { Code, CodedError, internal, invalidArgument, messageOf } from '../../shared/errors.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { BundleStore } from '../bundle/bundle-store.ts';
import type { Authority } from './authorities.ts';
import type { AuthorityKind } from './authority-kind.ts';
import type { AuthorityState, RotatingAuthorities } from './rotating-authorities.ts';

/**
 * Of one kind: X.509 authorities of some 600 bytes, far from the 4 MiB that a message of SPIRE's may have.
 *
 * DIVERGES: in SPIRE a script that prepares without end makes the bundle too large for its agents.
 */
const BUNDLED_MAX = 500;

export interface LocalAuthorityNeeds {
  readonly bundles: Pick<BundleStore, 'find' | 'taint' | 'revoke'>;
  readonly trustDomain: TrustDomain;
  /** Runs a deed when those before it have ended. */
  readonly oneAtATime: <T>(deed: () => Promise<T>) => Promise<T>;
  /** Has the bundle in memory read anew, so that a change counts here when the call is answered. */
  readonly confirm: () => Promise<void>;
}

/** What the answer says of an authority; one that has left the slots has no end that is known. */
export interface NamedState {
  readonly authorityId: string;
  readonly expiresAt: Date | undefined;
  /** Of the root above an X.509 authority that is not its own root. */
  readonly upstreamAuthorityId?: string | undefined;
}

export class LocalAuthority {
  readonly #authorities: RotatingAuthorities<Authority>;
  readonly #needs: LocalAuthorityNeeds;

  constructor(authorities: RotatingAuthorities<Authority>, needs: LocalAuthorityNeeds) {
    this.#authorities = authorities;
    this.#needs = needs;
  }

  /** What the slots hold; throws Unavailable before there is something. */
  state(): AuthorityState<Authority> {
    return this.#authorities.state();
  }

  /**
   * A new authority in the standby slot, whatever that held. Throws Unavailable at the start, ResourceExhausted when the
   * bundle is full, Internal when none can be made.
   */
  prepare(): Promise<Authority> {
    return this.#inTurn(async () => {
      this.state();
      const bundle = await this.#orInternal('prepare', () => this.#findBundle());
      if (bundle !== undefined) checkBundleRoom(this.#authorities.kind, bundle);
      return this.#orInternal('prepare', async () => {
        const prepared = await this.#authorities.prepare();
        await this.#confirm();
        return prepared;
      });
    });
  }

  /** The prepared authority signs from now on. Throws InvalidArgument, or Internal, when it is not the prepared one. */
  activate(authorityId: string): Promise<Authority> {
    return this.#inTurn(() => {
      const standby = this.#standby(authorityId);
      if (standby.status !== 'PREPARED')
        throw internal(`only Prepared authorities can be activated: ${unsupported(standby)}`);
      return this.#orInternal('activate', () => this.#authorities.activate());
    });
  }

  /** Marks the old authority, so that what it signed is replaced. Throws InvalidArgument unless it is the old one. */
  taint(authorityId: string): Promise<NamedState> {
    return this.#inTurn(async () => {
      const { bundles, trustDomain } = this.#needs;
      const { active } = this.#authorities.current;
      this.#checkOwnRoot('tainted');
      if (authorityId !== '' && authorityId === active?.authorityId)
        throw invalidArgument('unable to taint current local authority');
      const standby = this.#standby(authorityId);
      if (standby.status !== 'OLD')
        throw invalidArgument(`only Old local authorities can be tainted: ${unsupported(standby)}`);
      await this.#orInternal('taint', () => bundles.taint(trustDomain, this.#named(authorityId)));
      await this.#confirm();
      return standby;
    });
  }

  /** Takes a tainted authority out of the bundle. Throws InvalidArgument unless it is the old one (of token keys: unless it is no other). */
  revoke(authorityId: string): Promise<NamedState> {
    return this.#inTurn(async () => {
      const { bundles, trustDomain } = this.#needs;
      const { kind, current } = this.#authorities;
      this.#checkOwnRoot('revoked');
      const bundle = await this.#findBundle();
      const why =
        authorityId === '' ? 'no authority ID provided' : kind.whyNotRevoked(authorityId, current, bundle);
      if (why !== undefined) throw invalidArgument(`invalid authority ID: ${why}`);
      await this.#orInternal('revoke', () => bundles.revoke(trustDomain, this.#named(authorityId)));
      await this.#confirm();
      const { standby } = current;
      const expiresAt = standby?.authorityId === authorityId ? standby.expiresAt : undefined;
      return { authorityId, expiresAt };
    });
  }

  /** What an upstream authority signed is not in the bundle: its root is (ca/upstream-by-hand). */
  #checkOwnRoot(what: 'tainted' | 'revoked'): void {
    const { kind, current } = this.#authorities;
    if (kind.hasUpstream || current.old?.upstreamAuthorityId !== undefined)
      throw new CodedError(
        Code.failedPrecondition,
        `local authority can't be ${what} if there is an upstream authority`,
      );
  }

  /** The authority that this names, which is not the active one. */
  #standby(authorityId: string): Authority {
    if (authorityId === '') throw invalidArgument('no authority ID provided');
    const { standby } = this.#authorities.current;
    if (standby?.authorityId !== authorityId) throw invalidArgument('unexpected authority ID');
    return standby;
  }

  #findBundle(): Promise<Bundle | undefined> {
    return this.#needs.bundles.find(this.#needs.trustDomain);
  }

  /** The change is kept: that it cannot be read back now is no failure of it. */
  async #confirm(): Promise<void> {
    await this.#needs.confirm().catch(() => undefined);
  }

  #named(authorityId: string) {
    return { name: this.#authorities.kind.name, authorityId };
  }

  #inTurn<T>(deed: () => Promise<T>): Promise<T> {
    return this.#needs.oneAtATime(deed);
  }

  /** SPIRE answers Internal, whatever it was that failed. */
  async #orInternal<T>(what: string, deed: () => Promise<T>): Promise<T> {
    try {
      return await deed();
    } catch (cause) {
      throw internal(`failed to ${what} ${this.#authorities.kind.name} authority: ${messageOf(cause)}`, {
        cause,
      });
    }
  }
}

/** Throws ResourceExhausted: each one that is prepared stays in the bundle until its end, used or not. */
export function checkBundleRoom(kind: Pick<AuthorityKind<never>, 'name' | 'countIn'>, bundle: Bundle): void {
  if (kind.countIn(bundle) >= BUNDLED_MAX)
    throw new CodedError(
      Code.resourceExhausted,
      `the bundle holds ${BUNDLED_MAX} ${kind.name} authorities: activate the prepared one, or wait until some have ended`,
    );
}

const unsupported = ({ status }: Authority): string => `unsupported local authority status: ${status}`;
