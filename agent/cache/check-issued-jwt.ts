/** The last look at a JWT-SVID before a workload gets it. Called by jwt-signing. */
import type { TokenAuthority } from '../../shared/bundle/bundle.ts';
import { internal } from '../../shared/errors.ts';
import { type JwtSvid, parseJwtSvid, verifyJwtSvid } from '../../shared/svid/jwt-svid.ts';
import type { AgentEntry } from './agent-entry.ts';
import type { HeldJwtSvid } from './jwt-cache.ts';

export interface IssuedJwt {
  readonly token: string;
  readonly entry: AgentEntry;
  readonly audience: readonly string[];
  /** Of the own trust domain. */
  readonly authorities: readonly TokenAuthority[];
  readonly at: Date;
}

/**
 * Throws unless the token is what was asked for: the entry's ID, for every audience, not expired. A key that the bundle
 * holds must have signed it; one that is not there yet, as the server published it a moment ago, is taken on trust.
 */
export function checkIssuedJwt(issued: IssuedJwt): HeldJwtSvid {
  const { token, entry, audience, at } = issued;
  const svid = parseJwtSvid(token);
  if (!svid.id.equals(entry.spiffeId))
    throw internal(`server issued "${svid.id}" in place of "${entry.spiffeId}"`);
  if (!audience.every((each) => svid.audience.includes(each)))
    throw internal('server issued a JWT-SVID for other audiences than were asked for');
  if (svid.expiresAt <= at) throw internal('server issued a JWT-SVID that has expired by our clock');
  checkSignature(svid, issued);
  const { id: spiffeId, keyId, issuedAt = at, expiresAt } = svid;
  return { entry, spiffeId, token, keyId, issuedAt, expiresAt };
}

/** Not by our clock: that of whoever verifies it counts. */
function checkSignature({ keyId, issuedAt }: JwtSvid, { token, authorities, audience, at }: IssuedJwt): void {
  if (!authorities.some((authority) => authority.keyId === keyId)) return;
  verifyJwtSvid({ token, authorities: () => authorities, audience, at: issuedAt ?? at });
}
