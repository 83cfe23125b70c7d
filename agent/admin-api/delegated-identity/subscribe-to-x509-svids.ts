/** DelegatedIdentity/SubscribeToX509SVIDs: the X.509-SVIDs of another workload, with their keys, as they change. */
import type { SubscribeToX509SVIDsRequestOutput } from '../../../proto/gen/spire/api/agent/delegatedidentity/v1/SubscribeToX509SVIDsRequest.ts';
import type { SubscribeToX509SVIDsResponse } from '../../../proto/gen/spire/api/agent/delegatedidentity/v1/SubscribeToX509SVIDsResponse.ts';
import type { X509SVIDWithKey } from '../../../proto/gen/spire/api/agent/delegatedidentity/v1/X509SVIDWithKey.ts';
import { unixSeconds } from '../../../shared/clock.ts';
import { type Handler, type Send, serverStream } from '../../../shared/rpc/handler.ts';
import type { Selector } from '../../../shared/selectors.ts';
import type { Identity, WorkloadIdentities, WorkloadUpdate } from '../../cache/workload-identities.ts';
import type { PushTurns } from '../../workload-api/push-turns.ts';
import { tellUpdates } from '../../workload-api/update-stream.ts';
import { type AdminContext, delegateOf } from '../gate.ts';
import { mayBeDelegated } from './may-be-delegated.ts';
import type { FindSubject } from './subject.ts';

export interface SubscribeToX509SvidsDeps {
  readonly findSubject: FindSubject;
  readonly identities: Pick<WorkloadIdentities, 'subscribe' | 'entriesOf'>;
  readonly turns: PushTurns;
}

/** A workload that no entry matches has an empty list, and gets its identities when there are some. */
export const subscribeToX509Svids = (deps: SubscribeToX509SvidsDeps): Handler<AdminContext> =>
  serverStream(
    async (
      request: SubscribeToX509SVIDsRequestOutput,
      context: AdminContext,
      send: Send<SubscribeToX509SVIDsResponse>,
    ) => {
      const { identities, turns } = deps;
      const delegate = delegateOf(context);
      const subject = await deps.findSubject(request, context.signal);
      const { selectors } = subject;
      const checkAlive = (): void => {
        delegate.checkAlive();
        subject.checkAlive();
      };
      try {
        await tellUpdates({
          subscribe: (onUpdate) => identities.subscribe(selectors, onUpdate),
          toMessage: (update: WorkloadUpdate) => toResponse(update, idsToTell(identities, selectors)),
          reader: { checkAlive },
          turns,
          send,
          signal: context.signal,
        });
      } finally {
        subject.close();
      }
    },
  );

/** Of entries. */
const idsToTell = (
  identities: Pick<WorkloadIdentities, 'entriesOf'>,
  selectors: readonly Selector[],
): ReadonlySet<string> =>
  new Set(
    identities
      .entriesOf(selectors)
      .filter(mayBeDelegated)
      .map(({ id }) => id),
  );

const toResponse = (
  { identities, bundle, federatedBundles }: WorkloadUpdate,
  entryIds: ReadonlySet<string>,
): SubscribeToX509SVIDsResponse => ({
  x509_svids: identities.filter(({ entryId }) => entryIds.has(entryId)).map(toSvid),
  federates_with: federatedBundles
    .map(({ trustDomain }) => trustDomain.id)
    .filter((id) => id !== bundle.trustDomain.id)
    .sort(),
});

const toSvid = ({ spiffeId, chain, privateKey, hint, expiresAt }: Identity): X509SVIDWithKey => ({
  x509_svid: {
    id: { trust_domain: spiffeId.trustDomain.name, path: spiffeId.path },
    cert_chain: chain.map((certificate) => Buffer.from(certificate)),
    expires_at: unixSeconds(expiresAt),
    hint,
  },
  x509_svid_key: privateKey,
});
