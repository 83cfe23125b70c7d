/**
 * The roots above this server's CA, tainted and revoked by hand (SPIRE's LocalAuthority API, its order of checks and its
 * words). Called by api/localauthority. One that signs now stays: give the server another upstream CA first, prepare and
 * activate an authority below it, and taint the root of the old one then.
 */
import { Code, CodedError, internal, invalidArgument, messageOf } from '../../shared/errors.ts';
import type { NamedAuthority } from '../bundle/bundle-store.ts';
import type { CaAuthority } from './authorities.ts';
import type { LocalAuthorityNeeds } from './local-authority.ts';
import type { RotatingAuthorities } from './rotating-authorities.ts';

export class UpstreamByHand {
  readonly #authorities: RotatingAuthorities<CaAuthority>;
  readonly #needs: LocalAuthorityNeeds;

  constructor(authorities: RotatingAuthorities<CaAuthority>, needs: LocalAuthorityNeeds) {
    this.#authorities = authorities;
    this.#needs = needs;
  }

  /** Marks a root, so that what was signed below it is replaced. Throws FailedPrecondition without an upstream authority, InvalidArgument unless the old authority alone stands below it. */
  taint(subjectKeyId: string): Promise<string> {
    const { bundles, trustDomain } = this.#needs;
    return this.#do(subjectKeyId, 'taint', (authority) => bundles.taint(trustDomain, authority));
  }

  /** Takes a tainted root out of the bundle. Throws as taint does. */
  revoke(subjectKeyId: string): Promise<string> {
    const { bundles, trustDomain } = this.#needs;
    return this.#do(subjectKeyId, 'revoke', (authority) => bundles.revoke(trustDomain, authority));
  }

  #do(
    subjectKeyId: string,
    what: 'taint' | 'revoke',
    deed: (authority: NamedAuthority) => Promise<unknown>,
  ): Promise<string> {
    const { oneAtATime, confirm } = this.#needs;
    return oneAtATime(async () => {
      this.#check(subjectKeyId);
      try {
        await deed({ name: 'X.509', authorityId: subjectKeyId });
      } catch (cause) {
        throw internal(`failed to ${what} upstream authority: ${messageOf(cause)}`, { cause });
      }
      this.#authorities.distrustRoot(subjectKeyId);
      await confirm().catch(() => undefined); // the change is kept: that it cannot be read back now is no failure of it
      return subjectKeyId;
    });
  }

  #check(subjectKeyId: string): void {
    const { kind, current } = this.#authorities;
    const { active, standby, all } = current;
    if (!kind.hasUpstream && all.every(({ upstream }) => upstream === undefined))
      throw new CodedError(Code.failedPrecondition, 'upstream authority is not configured');
    if (subjectKeyId === '') throw invalid('no subject key ID provided');
    if (subjectKeyId === active?.upstreamAuthorityId)
      throw invalid('unable to use upstream authority singing current authority');
    if (subjectKeyId !== standby?.upstreamAuthorityId)
      throw invalid("upstream authority didn't sign the old local authority");
    if (standby.status === 'PREPARED')
      throw invalid('only upstream authorities signing an old authority can be used');
  }
}

const invalid = (why: string): CodedError => invalidArgument(`provided subject key id is not valid: ${why}`);
