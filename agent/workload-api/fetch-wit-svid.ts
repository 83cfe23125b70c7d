/** SpiffeWorkloadAPI/FetchWITSVID (Workload API 7.2.1, incubating): the workload's WIT-SVIDs with keys, as they change. */
import type { WITSVIDRequestOutput } from '../../proto/gen/WITSVIDRequest.ts';
import type { WITSVIDResponse } from '../../proto/gen/WITSVIDResponse.ts';
import { privateKeyToJwk } from '../../shared/crypto/jwk.ts';
import { type Handler, type Send, serverStream } from '../../shared/rpc/handler.ts';
import type { WitIdentity } from '../cache/wit-kind.ts';
import type { WorkloadIdentities, WorkloadUpdate } from '../cache/workload-identities.ts';
import type { WitSupport } from '../sync/wit-support.ts';
import type { WorkloadContext } from './gate.ts';
import { noIdentityIssued } from './no-identity.ts';
import type { PushTurns } from './push-turns.ts';
import { readRequestedId } from './requested-id.ts';
import { tellUpdates } from './update-stream.ts';
import { updatesFor } from './workload-stream.ts';

export interface FetchWitSvidDeps {
  readonly turns: PushTurns;
  readonly wit: {
    readonly identities: Pick<WorkloadIdentities<WitIdentity>, 'subscribe'>;
    readonly support: Pick<WitSupport, 'signal'>;
  };
}

export const fetchWitSvid = ({ turns, wit }: FetchWitSvidDeps): Handler<WorkloadContext> =>
  serverStream(
    (request: WITSVIDRequestOutput, given: WorkloadContext, send: Send<WITSVIDResponse>) => {
      const wanted = readRequestedId(request.spiffe_id);
      let last: readonly WitIdentity[] = [];
      const toMessage = ({ identities }: WorkloadUpdate<WitIdentity>): WITSVIDResponse | undefined => {
        const own = identities.filter(({ spiffeId }) => wanted === undefined || spiffeId.equals(wanted));
        if (own.length === 0) throw noIdentityIssued();
        if (own.length === last.length && own.every((one, at) => one === last[at])) return undefined; // a bundle changed
        last = own;
        return { svids: own.map(toWire) };
      };
      // Where the server issues none, nobody waits for one.
      const context = { ...given, signal: AbortSignal.any([given.signal, wit.support.signal]) };
      return tellUpdates({ ...updatesFor({ identities: wit.identities, turns }, context), toMessage, send });
    },
    ({ spiffe_id: id }: WITSVIDRequestOutput) => readRequestedId(id),
  );

const toWire = ({ spiffeId, token, privateKey, hint }: WitIdentity) => ({
  spiffe_id: spiffeId.toString(),
  wit_svid: token,
  wit_svid_key: JSON.stringify(privateKeyToJwk(privateKey)),
  hint,
});
