/** SVID/NewJWTSVID: a JWT-SVID for an entry that the calling agent is authorized for. */
import type { NewJWTSVIDRequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/NewJWTSVIDRequest.ts';
import type { NewJWTSVIDResponse } from '../../../proto/gen/spire/api/server/svid/v1/NewJWTSVIDResponse.ts';
import { notFound } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { JwtCa } from '../../ca/jwt-ca.ts';
import type { CallContext } from '../gate/context.ts';
import { issuedTokenFields } from '../gate/issued-fields.ts';
import { tokenSvidToWire } from '../wire/svid.ts';
import { checkAudience } from '../../../shared/svid/audience.ts';
import { findAuthorized, type SigningNeeds } from './authorized.ts';
import { ifEnabled } from './if-enabled.ts';

export interface NewJwtSvidNeeds extends SigningNeeds {
  /** Undefined where JWT-SVIDs are disabled. */
  readonly jwtCa: Pick<JwtCa, 'signJwtSvid'> | undefined;
}

export const newJwtSvid = (needs: NewJwtSvidNeeds): Handler<CallContext> =>
  unary(
    async (
      { entry_id: id, audience }: NewJWTSVIDRequestOutput,
      context: CallContext,
    ): Promise<NewJWTSVIDResponse> => {
      const ca = ifEnabled('JWT', needs.jwtCa);
      const [entry] = await findAuthorized(needs, [id], context);
      if (entry === undefined) throw notFound('entry not found or not authorized');
      const { spiffeId, jwtSvidTtlSeconds: ttlSeconds, jwtSvidIncludeJti: withTokenId, hint } = entry;
      context.trail.add(() => ({ spiffe_id: spiffeId.toString() }));
      const asked = {
        spiffeId,
        audience: checkAudience(audience, 'at least one audience is required'),
        ttlSeconds,
        withTokenId,
      };
      const issued = await needs.turns.one(context, () => ca.signJwtSvid(asked));
      context.trail.add(() => ({ ttl: ttlSeconds, ...issuedTokenFields('jwt', issued) }));
      return { svid: tokenSvidToWire(spiffeId, issued, hint) };
    },
  );
