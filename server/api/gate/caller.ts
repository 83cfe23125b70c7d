/**
 * Who calls: nobody in particular, or the SPIFFE ID of a certificate that the bundle of the ID's own trust domain
 * vouches for now. Called by gate/order for each call, by listen/agents for each connection.
 */
import type { X509Authority } from '../../../shared/bundle/bundle.ts';
import { type Clock, isWithin, type Moment, momentOf } from '../../../shared/clock.ts';
import { Code, CodedError, messageOf, permissionDenied } from '../../../shared/errors.ts';
import { isAgentId } from '../../../shared/spiffe/reserved.ts';
import type { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { parseX509Svid, verifyX509Svid, type X509Svid } from '../../../shared/svid/x509-svid.ts';
import type { AdminBundles } from '../../bundle/admin-bundles.ts';
import type { BundleCache } from '../../bundle/bundle-cache.ts';
import type { Caller, Peer } from './context.ts';

/** A chain is verified again when the bundle changed, and after this. */
const VERIFIED_FOR_MS = 60_000;
/** A chain that was refused is not looked at again for this: whoever sends it may call without end. */
const REFUSED_FOR_MS = 1_000;

export interface CallersNeeds {
  readonly trustDomain: TrustDomain;
  readonly bundle: Pick<BundleCache, 'authoritiesOf' | 'refresh'>;
  /** What verifies the administrators of other trust domains. */
  readonly adminBundles: Pick<AdminBundles, 'authoritiesOf' | 'refresh'>;
  /** The only callers of other trust domains that are let in. */
  readonly adminIds: readonly SpiffeId[];
  readonly clock: Clock;
}

interface Verified {
  readonly svid: X509Svid;
  readonly authorities: readonly X509Authority[];
  readonly at: Moment;
}

interface Refused {
  readonly error: CodedError;
  readonly at: Moment;
}

/** What decides whether a certificate is of its trust domain: the same list for as long as nothing changed. */
interface VerifyingBundle {
  authorities(): readonly X509Authority[];
  refresh(): Promise<void>;
}

type Remote = Extract<Peer, { kind: 'remote' }>;

export class Callers {
  readonly #needs: CallersNeeds;
  readonly #verified = new WeakMap<Peer, Verified>();
  readonly #refused = new WeakMap<Peer, Refused>();

  constructor(needs: CallersNeeds) {
    this.#needs = needs;
  }

  /**
   * Throws Unauthenticated unless the peer has no certificate or one valid X.509-SVID of a trust domain that is known;
   * PermissionDenied with AGENT_EXPIRED when it is an agent's that was valid once.
   */
  async identify(peer: Peer): Promise<Caller> {
    if (peer.kind === 'local') {
      return peer.process === undefined ? { kind: 'local' } : { kind: 'local', uid: peer.process.uid };
    }
    if (peer.chain.length === 0) return { kind: 'anonymous', address: peer.address };
    const svid = this.#recall(peer) ?? (await this.#verifyNowAndThen(peer));
    if (svid.expiresAt <= this.#needs.clock.now()) throw expired(svid.id);
    return { kind: 'identified', address: peer.address, svid };
  }

  /** The ID of a peer whose certificate is valid now as far as memory tells: for what it may take up, not what it may do. */
  knownId(peer: Remote): SpiffeId | undefined {
    try {
      const { id, expiresAt } = parseX509Svid(peer.chain);
      this.#check(peer, this.#bundleFor(id).authorities());
      return expiresAt > this.#needs.clock.now() ? id : undefined;
    } catch {
      return undefined; // the peer's calls will tell it why
    }
  }

  #recall(peer: Remote): X509Svid | undefined {
    const known = this.#verified.get(peer);
    if (known === undefined) return undefined;
    if (!isWithin(VERIFIED_FOR_MS, known.at, momentOf(this.#needs.clock))) return undefined;
    return this.#bundleFor(known.svid.id).authorities() === known.authorities ? known.svid : undefined;
  }

  async #verifyNowAndThen(peer: Remote): Promise<X509Svid> {
    const { clock } = this.#needs;
    const refused = this.#refused.get(peer);
    if (refused !== undefined && isWithin(REFUSED_FOR_MS, refused.at, momentOf(clock))) throw refused.error;
    try {
      return await this.#verify(peer);
    } catch (error) {
      if (error instanceof CodedError && error.code === Code.unauthenticated)
        this.#refused.set(peer, { error, at: momentOf(clock) });
      throw error;
    }
  }

  async #verify(peer: Remote): Promise<X509Svid> {
    const { id } = unauthenticatedUnless(() => parseX509Svid(peer.chain));
    const bundle = this.#bundleFor(id);
    try {
      return this.#check(peer, bundle.authorities());
    } catch {
      // Another server's authority may be younger than what memory holds: the store decides a refusal.
      await bundle.refresh();
      return this.#checkOrRefuse(peer, bundle.authorities());
    }
  }

  /** Throws Unauthenticated for an ID of another trust domain that is no administrator's. */
  #bundleFor(id: SpiffeId): VerifyingBundle {
    const { adminIds, adminBundles, bundle, trustDomain } = this.#needs;
    if (id.isMemberOf(trustDomain)) {
      return { authorities: () => bundle.authoritiesOf(trustDomain), refresh: () => bundle.refresh() };
    }
    if (!adminIds.some((admin) => admin.equals(id))) {
      throw unauthenticated(`SPIFFE ID "${id}" is of another trust domain`);
    }
    return {
      authorities: () => adminBundles.authoritiesOf(id.trustDomain),
      refresh: () => adminBundles.refresh(id.trustDomain),
    };
  }

  #checkOrRefuse(peer: Remote, authorities: readonly X509Authority[]): X509Svid {
    return unauthenticatedUnless(() => this.#check(peer, authorities));
  }

  /**
   * An expired certificate is verified as of its last moment: `identify` says that it has expired.
   *
   * DIVERGES: SPIRE refuses a certificate that is not valid yet. Here an agent's is verified as of its first moment: it was
   * signed before the clock was set back, check-agent knows it by its serial number, and a renewal makes it good.
   */
  #check(peer: Remote, authorities: readonly X509Authority[]): X509Svid {
    const now = momentOf(this.#needs.clock);
    const { id, issuedAt, expiresAt } = parseX509Svid(peer.chain);
    const first = isAgentId(id) ? issuedAt.getTime() : Number.NEGATIVE_INFINITY;
    const at = new Date(Math.min(Math.max(now.at.getTime(), first), expiresAt.getTime() - 1));
    const roots = authorities.map(({ certificate }) => certificate);
    const svid = verifyX509Svid({ chain: peer.chain, authorities: () => roots, at });
    this.#verified.set(peer, { svid, authorities, at: now });
    return svid;
  }
}

function expired(id: SpiffeId): CodedError {
  if (!isAgentId(id)) return unauthenticated(`X509-SVID "${id}" has expired`);
  return permissionDenied(`agent "${id}" SVID is expired`, { reason: 'AGENT_EXPIRED' });
}

function unauthenticatedUnless<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    throw unauthenticated(messageOf(cause), cause);
  }
}

const unauthenticated = (message: string, cause?: unknown): CodedError =>
  new CodedError(Code.unauthenticated, message, cause === undefined ? {} : { cause });
