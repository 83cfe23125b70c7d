/** What PublishJWTAuthority and PublishWITAuthority have in common: a key of a downstream server joins the bundle. */
import type { JWTKeyOutput } from '../../../proto/gen/spire/api/types/JWTKey.ts';
import type { TokenAuthority } from '../../../shared/bundle/bundle.ts';
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { BUNDLE_MAX_BYTES } from '../../bundle/bundle-size.ts';
import type { BundleStore } from '../../bundle/bundle-store.ts';
import { tokenAuthorities } from '../../bundle/change-authorities.ts';
import { tokenAuthorityFromWire } from '../wire/bundle-from-wire.ts';
import { doing } from '../wire/status.ts';

export interface PublishAuthorityNeeds {
  readonly trustDomain: TrustDomain;
  readonly bundles: Pick<BundleStore, 'append'>;
}

/** All keys of that kind, with the new one. Throws InvalidArgument, and ResourceExhausted where the bundle is full. */
export async function publishAuthority(
  { trustDomain, bundles }: PublishAuthorityNeeds,
  name: 'JWT' | 'WIT',
  wire: JWTKeyOutput | null,
): Promise<readonly TokenAuthority[]> {
  if (wire === null) throw invalidArgument(`missing ${name} authority`);
  const keys = [read(name, wire)];
  const added = name === 'JWT' ? { jwt: keys } : { wit: keys };
  const appended = bundles.append(trustDomain, added, BUNDLE_MAX_BYTES);
  return tokenAuthorities(await doing(`failed to publish ${name} key`, appended), name);
}

function read(name: string, wire: JWTKeyOutput): TokenAuthority {
  try {
    return tokenAuthorityFromWire(wire);
  } catch (cause) {
    throw invalidArgument(`invalid ${name} authority: ${messageOf(cause)}`, { cause });
  }
}
