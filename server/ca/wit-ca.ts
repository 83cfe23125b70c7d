/** Signs WIT-SVIDs, and looks at each before it leaves. Made by server/start/token-issuers; called by api/svid. */
import type { Clock } from '../../shared/clock.ts';
import type { ClusterClock } from './cluster-clock.ts';
import { checkProofKey } from '../../shared/crypto/public-key.ts';
import { checkJwsKeyFits } from '../../shared/crypto/jws-algorithms.ts';
import { internal } from '../../shared/errors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { buildWitSvid, type ProofKey, WIT_SVID_TYPE } from '../../shared/svid/wit-svid.ts';
import { checkIssuedWitSvid } from './check-token.ts';
import type { TokenConfig } from './token-config.ts';
import type { TokenKeys } from './token-keys.ts';
import { type IssuedToken, TokenSigning } from './token-signing.ts';

export interface WitCaNeeds {
  readonly trustDomain: TrustDomain;
  readonly keys: TokenKeys;
  readonly clock: Clock;
  readonly clusterClock?: Pick<ClusterClock, 'aheadMs'>;
  readonly config: Pick<TokenConfig, 'issuer' | 'defaultTtlSeconds'>;
}

export interface WitSvidRequest {
  readonly spiffeId: SpiffeId;
  /** The workload's: no more is known of it than that. */
  readonly proofKey: ProofKey;
  /** 0 for the default; cut to the life of the active key. */
  readonly ttlSeconds: number;
}

export class WitCa {
  readonly #needs: WitCaNeeds;
  readonly #signing: TokenSigning;

  constructor(needs: WitCaNeeds) {
    const { keys, clock, clusterClock, config } = needs;
    this.#needs = needs;
    this.#signing = new TokenSigning({ keys, clock, clusterClock, type: WIT_SVID_TYPE, ...config });
  }

  /**
   * Throws InvalidArgument on a bad TTL, or a key that no SVID may have or that is not for its algorithm; Unavailable while
   * there is no key to sign with, Internal when the token is not what was asked for.
   */
  async signWitSvid({ spiffeId, proofKey, ttlSeconds }: WitSvidRequest): Promise<IssuedToken> {
    const { config, trustDomain } = this.#needs;
    if (!spiffeId.isMemberOf(trustDomain))
      throw internal(`SPIFFE ID ${spiffeId} is not of trust domain ${trustDomain}`);
    checkJwsKeyFits(proofKey.algorithm, checkProofKey(proofKey.publicKey).kind);
    const { writer, key, issuedAt, expiresAt } = await this.#signing.prepare(ttlSeconds);
    const fields = { spiffeId, proofKey, issuedAt, expiresAt, issuer: config.issuer };
    const token = await buildWitSvid(writer, fields);
    checkIssuedWitSvid(token, fields, key);
    return { token, issuedAt, expiresAt, tokenId: undefined };
  }
}
