/** SVID/MintWITSVID: a WIT-SVID for any workload and key that an administrator names: no entry is asked. */
import type { MintWITSVIDRequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/MintWITSVIDRequest.ts';
import type { MintWITSVIDResponse } from '../../../proto/gen/spire/api/server/svid/v1/MintWITSVIDResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { WitCa } from '../../ca/wit-ca.ts';
import type { CallContext } from '../gate/context.ts';
import { issuedTokenFields } from '../gate/issued-fields.ts';
import { proofKeyFromWire } from '../wire/proof-key.ts';
import { workloadIdFromWire } from '../wire/spiffe-id.ts';
import { tokenSvidToWire } from '../wire/svid.ts';
import { ifEnabled } from './if-enabled.ts';

export interface MintWitSvidNeeds {
  readonly trustDomain: TrustDomain;
  /** Undefined unless WIT-SVIDs are enabled. */
  readonly witCa: Pick<WitCa, 'signWitSvid'> | undefined;
}

export const mintWitSvid = ({ trustDomain, witCa }: MintWitSvidNeeds): Handler<CallContext> =>
  unary(async (request: MintWITSVIDRequestOutput, { trail }: CallContext): Promise<MintWITSVIDResponse> => {
    const ca = ifEnabled('WIT', witCa);
    const spiffeId = workloadIdFromWire(request.id, trustDomain);
    const proofKey = proofKeyFromWire(request, 'invalid public key');
    const issued = await ca.signWitSvid({ spiffeId, proofKey, ttlSeconds: request.ttl });
    trail.add(() => issuedTokenFields('wit', issued));
    return { svid: tokenSvidToWire(spiffeId, issued) };
  });
