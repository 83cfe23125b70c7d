/** DelegatedIdentity/FetchJWTSVIDs: the JWT-SVIDs of another workload, for some audience. */
import type { FetchJWTSVIDsRequestOutput } from '../../../proto/gen/spire/api/agent/delegatedidentity/v1/FetchJWTSVIDsRequest.ts';
import type { FetchJWTSVIDsResponse } from '../../../proto/gen/spire/api/agent/delegatedidentity/v1/FetchJWTSVIDsResponse.ts';
import type { JWTSVID } from '../../../proto/gen/spire/api/types/JWTSVID.ts';
import { unixSeconds } from '../../../shared/clock.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import { checkAudience } from '../../../shared/svid/audience.ts';
import type { HeldJwtSvid } from '../../cache/jwt-cache.ts';
import type { JwtSvids } from '../../cache/jwt-source.ts';
import type { WorkloadIdentities } from '../../cache/workload-identities.ts';
import { noIdentityIssued } from '../../workload-api/no-identity.ts';
import { type AdminContext, delegateOf } from '../gate.ts';
import { mayBeDelegated } from './may-be-delegated.ts';
import type { FindSubject } from './subject.ts';

export interface FetchJwtSvidsDeps {
  readonly findSubject: FindSubject;
  readonly identities: Pick<WorkloadIdentities, 'entriesOf'>;
  readonly jwtSvids: Pick<JwtSvids, 'fetchAll'>;
}

export const fetchJwtSvids = (deps: FetchJwtSvidsDeps): Handler<AdminContext> =>
  unary(
    async (request: FetchJWTSVIDsRequestOutput, context: AdminContext): Promise<FetchJWTSVIDsResponse> => {
      const audience = audienceOf(request);
      const subject = await deps.findSubject(request, context.signal);
      try {
        const entries = deps.identities.entriesOf(subject.selectors).filter(mayBeDelegated);
        if (entries.length === 0) throw noIdentityIssued();
        const svids = await deps.jwtSvids.fetchAll(entries, audience);
        delegateOf(context).checkAlive();
        subject.checkAlive();
        return { svids: svids.map(toWire) };
      } finally {
        subject.close();
      }
    },
    audienceOf,
  );

/** Throws InvalidArgument, in SPIRE's words where it refuses the same. */
const audienceOf = ({ audience }: FetchJWTSVIDsRequestOutput): readonly string[] =>
  checkAudience(audience, 'audience must be specified');

const toWire = ({ token, spiffeId, expiresAt, issuedAt, entry }: HeldJwtSvid): JWTSVID => ({
  token,
  id: { trust_domain: spiffeId.trustDomain.name, path: spiffeId.path },
  expires_at: unixSeconds(expiresAt),
  issued_at: unixSeconds(issuedAt),
  hint: entry.hint,
});
