/** SVID/MintJWTSVID: a JWT-SVID for any workload that an administrator names: no entry is asked. */
import type { MintJWTSVIDRequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/MintJWTSVIDRequest.ts';
import type { MintJWTSVIDResponse } from '../../../proto/gen/spire/api/server/svid/v1/MintJWTSVIDResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { JwtCa } from '../../ca/jwt-ca.ts';
import type { CallContext } from '../gate/context.ts';
import { issuedTokenFields } from '../gate/issued-fields.ts';
import { workloadIdFromWire } from '../wire/spiffe-id.ts';
import { tokenSvidToWire } from '../wire/svid.ts';
import { checkAudience } from '../../../shared/svid/audience.ts';
import { ifEnabled } from './if-enabled.ts';

export interface MintJwtSvidNeeds {
  readonly trustDomain: TrustDomain;
  /** Undefined where JWT-SVIDs are disabled. */
  readonly jwtCa: Pick<JwtCa, 'signJwtSvid'> | undefined;
}

export const mintJwtSvid = ({ trustDomain, jwtCa }: MintJwtSvidNeeds): Handler<CallContext> =>
  unary(
    async (
      { id, audience, ttl: ttlSeconds }: MintJWTSVIDRequestOutput,
      { trail }: CallContext,
    ): Promise<MintJWTSVIDResponse> => {
      const ca = ifEnabled('JWT', jwtCa);
      const spiffeId = workloadIdFromWire(id, trustDomain);
      const asked = {
        spiffeId,
        audience: checkAudience(audience, 'at least one audience is required'),
        ttlSeconds,
        withTokenId: false,
      };
      const issued = await ca.signJwtSvid(asked);
      trail.add(() => issuedTokenFields('jwt', issued));
      return { svid: tokenSvidToWire(spiffeId, issued) };
    },
  );
