/** Whether two bundles say the same, so that only real changes are passed on. Called by the bundle caches of both halves and by server/oidc. */
import { bytesEqual } from '../bytes.ts';
import type { Bundle, TokenAuthority, X509Authority } from './bundle.ts';

/** The sequence number alone would not do: after a failover the same number can stand for another bundle. */
export const isSameBundle = (a: Bundle, b: Bundle): boolean =>
  a.trustDomain.equals(b.trustDomain) &&
  a.sequenceNumber === b.sequenceNumber &&
  a.refreshHintSeconds === b.refreshHintSeconds &&
  areSame(a.x509Authorities, b.x509Authorities, isSameX509) &&
  areSameAuthorities(a.jwtAuthorities, b.jwtAuthorities) &&
  areSameAuthorities(a.witAuthorities, b.witAuthorities);

/** The same keys in the same order. */
export const areSameAuthorities = (a: readonly TokenAuthority[], b: readonly TokenAuthority[]): boolean =>
  areSame(a, b, isSameToken);

function areSame<T>(a: readonly T[], b: readonly T[], isSame: (a: T, b: T) => boolean): boolean {
  if (a.length !== b.length) return false;
  return a.every((one, at) => {
    const other = b[at];
    return other !== undefined && isSame(one, other);
  });
}

const isSameX509 = (a: X509Authority, b: X509Authority): boolean =>
  a.tainted === b.tainted && bytesEqual(a.certificate, b.certificate);

const isSameToken = (a: TokenAuthority, b: TokenAuthority): boolean =>
  a.keyId === b.keyId &&
  a.tainted === b.tainted &&
  a.expiresAt?.getTime() === b.expiresAt?.getTime() &&
  bytesEqual(a.publicKey, b.publicKey);
