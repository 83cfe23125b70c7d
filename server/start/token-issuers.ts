/** Who signs tokens, each with the authorities of its kind; undefined where that kind is turned off. Called by server.ts. */
import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/random.ts';
import { counting, type Metrics } from '../../shared/telemetry/metrics.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { activeTokenKeys } from '../ca/active-token-key.ts';
import type { ClusterClock } from '../ca/cluster-clock.ts';
import { JwtCa } from '../ca/jwt-ca.ts';
import type { LocalAuthorities } from '../ca/local-authorities.ts';
import { WitCa } from '../ca/wit-ca.ts';
import type { ServerConfig } from '../config.ts';

export interface TokenIssuersNeeds {
  readonly trustDomain: TrustDomain;
  readonly clock: Clock;
  readonly clusterClock: ClusterClock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly config: Pick<ServerConfig, 'jwt' | 'wit'>;
  readonly authorities: Pick<LocalAuthorities, 'jwt' | 'wit'>;
}

export interface TokenIssuers {
  readonly jwtCa: JwtCa | undefined;
  readonly witCa: WitCa | undefined;
}

export function tokenIssuers({ config, authorities, metrics, ...shared }: TokenIssuersNeeds): TokenIssuers {
  const { clock } = shared;
  const { jwt, wit } = authorities;
  return {
    jwtCa:
      jwt === undefined
        ? undefined
        : counting(new JwtCa({ ...shared, keys: activeTokenKeys(jwt, clock), config: config.jwt }), metrics, {
            signJwtSvid: 'server_ca.sign.jwt_svid',
          }),
    witCa:
      wit === undefined
        ? undefined
        : counting(new WitCa({ ...shared, keys: activeTokenKeys(wit, clock), config: config.wit }), metrics, {
            signWitSvid: 'server_ca.sign.wit_svid',
          }),
  };
}
