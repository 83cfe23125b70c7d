/**
 * What tainting and revoking do to a bundle, in SPIRE's words where they refuse. Pure; used by whoever stores bundles,
 * within its transaction.
 */
import type { Bundle, TokenAuthority, X509Authority } from '../../shared/bundle/bundle.ts';
import { toHex } from '../../shared/bytes.ts';
import { Code, CodedError, invalidArgument, notFound } from '../../shared/errors.ts';
import { findAuthority } from '../../shared/svid/x509-authority.ts';
import type { AuthorityName, NamedAuthority } from './bundle-store.ts';

/** The bundle with this authority tainted. Throws NotFound without it, InvalidArgument when it is tainted already. */
export function withTainted(bundle: Bundle, { name, authorityId }: NamedAuthority): Bundle {
  if (name === 'X.509') {
    const isMeant = isX509Authority(authorityId);
    requireSome(bundle.x509Authorities.filter(isMeant), 'no ca found with provided subject key ID');
    if (bundle.x509Authorities.some((one) => isMeant(one) && one.tainted))
      throw invalidArgument('root CA is already tainted');
    return { ...bundle, x509Authorities: bundle.x509Authorities.map(tainting(isMeant)) };
  }
  const isMeant = isTokenAuthority(authorityId);
  const keys = tokenAuthorities(bundle, name);
  requireSome(keys.filter(isMeant), NO_TOKEN_KEY(name));
  if (keys.some((one) => isMeant(one) && one.tainted)) throw invalidArgument('key is already tainted');
  return withTokenAuthorities(bundle, name, keys.map(tainting(isMeant)));
}

/**
 * The bundle without this authority. Throws NotFound without it, InvalidArgument when it is not tainted,
 * FailedPrecondition rather than leave no X.509 authority.
 */
export function withoutRevoked(bundle: Bundle, { name, authorityId }: NamedAuthority): Bundle {
  if (name === 'X.509') {
    const isMeant = isX509Authority(authorityId);
    requireSome(bundle.x509Authorities.filter(isMeant), 'no root CA found with provided subject key ID');
    if (bundle.x509Authorities.some((one) => isMeant(one) && !one.tainted))
      throw invalidArgument('it is not possible to revoke an untainted root CA');
    const x509Authorities = bundle.x509Authorities.filter((one) => !isMeant(one));
    if (x509Authorities.length === 0)
      throw new CodedError(Code.failedPrecondition, 'the bundle holds no other X.509 authority');
    return { ...bundle, x509Authorities };
  }
  const isMeant = isTokenAuthority(authorityId);
  const keys = tokenAuthorities(bundle, name);
  requireSome(keys.filter(isMeant), NO_TOKEN_KEY(name));
  if (keys.some((one) => isMeant(one) && !one.tainted))
    throw invalidArgument('it is not possible to revoke an untainted key');
  return withTokenAuthorities(
    bundle,
    name,
    keys.filter((one) => !isMeant(one)),
  );
}

/** The name of an X.509 authority; undefined when its certificate cannot be read or has no key identifier. */
export function x509AuthorityIdOf({ certificate }: X509Authority): string | undefined {
  const keyId = findAuthority(certificate)?.subjectKeyId;
  return keyId === undefined ? undefined : toHex(keyId);
}

const isX509Authority =
  (authorityId: string) =>
  (one: X509Authority): boolean =>
    x509AuthorityIdOf(one) === authorityId;

const isTokenAuthority =
  (authorityId: string) =>
  ({ keyId }: TokenAuthority): boolean =>
    keyId === authorityId;

const tainting =
  <One extends { readonly tainted: boolean }>(isMeant: (one: One) => boolean) =>
  (one: One): One =>
    isMeant(one) ? { ...one, tainted: true } : one;

const NO_TOKEN_KEY = (name: AuthorityName): string => `no ${name} Key found with provided key ID`;

function requireSome(found: readonly unknown[], otherwise: string): void {
  if (found.length === 0) throw notFound(otherwise);
}

export const tokenAuthorities = (bundle: Bundle, name: 'JWT' | 'WIT'): readonly TokenAuthority[] =>
  name === 'JWT' ? bundle.jwtAuthorities : bundle.witAuthorities;

const withTokenAuthorities = (
  bundle: Bundle,
  name: 'JWT' | 'WIT',
  keys: readonly TokenAuthority[],
): Bundle => (name === 'JWT' ? { ...bundle, jwtAuthorities: keys } : { ...bundle, witAuthorities: keys });
