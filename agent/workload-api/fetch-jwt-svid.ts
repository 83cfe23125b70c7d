/** SpiffeWorkloadAPI/FetchJWTSVID (Workload API 6.2.1): the workload's JWT-SVIDs for some audience. */
import type { JWTSVIDRequestOutput } from '../../proto/gen/JWTSVIDRequest.ts';
import type { JWTSVIDResponse } from '../../proto/gen/JWTSVIDResponse.ts';
import { type Handler, unary } from '../../shared/rpc/handler.ts';
import { checkAudience } from '../../shared/svid/audience.ts';
import type { JwtSvids } from '../cache/jwt-source.ts';
import { withoutSharedHints } from '../cache/shared-hints.ts';
import type { WorkloadIdentities } from '../cache/workload-identities.ts';
import type { WorkloadContext } from './gate.ts';
import { noIdentityIssued } from './no-identity.ts';
import { readRequestedId } from './requested-id.ts';

export interface FetchJwtSvidDeps {
  readonly identities: Pick<WorkloadIdentities, 'entriesOf'>;
  readonly jwtSvids: Pick<JwtSvids, 'fetchAll'>;
}

export const fetchJwtSvid = ({ identities, jwtSvids }: FetchJwtSvidDeps): Handler<WorkloadContext> =>
  unary(
    async (request: JWTSVIDRequestOutput, { peer, selectors }: WorkloadContext): Promise<JWTSVIDResponse> => {
      const { audience, spiffeId } = readJwtSvidRequest(request);
      const entries = withoutSharedHints(identities.entriesOf(selectors)).filter(
        (entry) => spiffeId === undefined || entry.spiffeId.equals(spiffeId),
      );
      if (entries.length === 0) throw noIdentityIssued();
      const svids = await jwtSvids.fetchAll(entries, audience);
      peer.checkAlive();
      return {
        svids: svids.map(({ spiffeId: id, token, entry: { hint } }) => ({
          spiffe_id: id.toString(),
          svid: token,
          hint,
        })),
      };
    },
    readJwtSvidRequest,
  );

/** Throws InvalidArgument, in SPIRE's words where it refuses the same. */
function readJwtSvidRequest({ audience, spiffe_id: id }: JWTSVIDRequestOutput) {
  return {
    audience: checkAudience(audience, 'audience must be specified'),
    spiffeId: readRequestedId(id),
  };
}
