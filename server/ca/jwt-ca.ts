/** Signs JWT-SVIDs in SPIRE's profile, and looks at each before it leaves. Made by server/start/token-issuers; called by api/svid. */
import { fromHex } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ClusterClock } from './cluster-clock.ts';
import { internal } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { buildJwtSvid, JWT_SVID_TYPE } from '../../shared/svid/jwt-svid.ts';
import { checkIssuedJwtSvid } from './check-token.ts';
import type { TokenConfig } from './token-config.ts';
import type { TokenKeys } from './token-keys.ts';
import { type IssuedToken, TokenSigning } from './token-signing.ts';

export interface JwtCaNeeds {
  readonly trustDomain: TrustDomain;
  readonly keys: TokenKeys;
  readonly clock: Clock;
  readonly clusterClock?: Pick<ClusterClock, 'aheadMs'>;
  readonly random: Random;
  readonly config: Pick<TokenConfig, 'issuer' | 'defaultTtlSeconds'>;
}

export interface JwtSvidRequest {
  readonly spiffeId: SpiffeId;
  readonly audience: readonly string[];
  /** 0 for the configured default; cut to the life of the active key. */
  readonly ttlSeconds: number;
  /** Whether it is to have an id of its own (`jti`). */
  readonly withTokenId: boolean;
}

export class JwtCa {
  readonly #needs: JwtCaNeeds;
  readonly #signing: TokenSigning;

  constructor(needs: JwtCaNeeds) {
    const { keys, clock, clusterClock, config } = needs;
    this.#needs = needs;
    this.#signing = new TokenSigning({ keys, clock, clusterClock, type: JWT_SVID_TYPE, ...config });
  }

  /** Throws InvalidArgument on a bad TTL, Unavailable while there is no key, Internal when the token is not what was asked for. */
  async signJwtSvid({ spiffeId, audience, ttlSeconds, withTokenId }: JwtSvidRequest): Promise<IssuedToken> {
    const { config, random, trustDomain } = this.#needs;
    if (!spiffeId.isMemberOf(trustDomain))
      throw internal(`SPIFFE ID ${spiffeId} is not of trust domain ${trustDomain}`);
    const { writer, key, issuedAt, expiresAt } = await this.#signing.prepare(ttlSeconds);
    const tokenId = withTokenId ? newTokenId(random) : undefined;
    const fields = { spiffeId, audience, issuedAt, expiresAt, issuer: config.issuer, tokenId };
    const token = await buildJwtSvid(writer, fields);
    checkIssuedJwtSvid(token, fields, key);
    return { token, issuedAt, expiresAt, tokenId };
  }
}

/** The bytes of a UUID, base64url (SPIRE). */
const newTokenId = (random: Random): string =>
  Buffer.from(fromHex(random.uuid().replaceAll('-', ''))).toString('base64url');
