/** SecretDiscoveryService/FetchSecrets: what StreamSecrets would say, once. Listed in routes. */
import type { DiscoveryRequestOutput } from '../../proto/gen/envoy/service/discovery/v3/DiscoveryRequest.ts';
import type { DiscoveryResponse } from '../../proto/gen/envoy/service/discovery/v3/DiscoveryResponse.ts';
import { invalidArgument } from '../../shared/errors.ts';
import { type Handler, unary } from '../../shared/rpc/handler.ts';
import type { Subscription, WorkloadIdentities, WorkloadUpdate } from '../cache/workload-identities.ts';
import type { WorkloadContext } from '../workload-api/gate.ts';
import { checkNames, checkType, EVERYTHING } from './request.ts';
import type { FindResources } from './resources.ts';
import { anyOf, SECRET_TYPE_URL } from './secrets.ts';
import { validationFor } from './validation.ts';

export interface FetchSecretsDeps {
  readonly identities: Pick<WorkloadIdentities, 'subscribe'>;
  readonly find: FindResources;
  readonly isSpiffeValidationDisabled: boolean;
}

/** Without version and nonce, as in SPIRE: there is no stream that they would be of. */
export const fetchSecrets = ({
  identities,
  find,
  isSpiffeValidationDisabled,
}: FetchSecretsDeps): Handler<WorkloadContext> =>
  unary(async (request: DiscoveryRequestOutput, context: WorkloadContext): Promise<DiscoveryResponse> => {
    checkType(request.type_url);
    const names = checkNames(request.resource_names);
    const validation = validationFor(request.node, isSpiffeValidationDisabled);
    const isWildcard = names.length === 0 || names.includes(EVERYTHING);
    const update = await firstUpdate(identities, context);
    const wanted = { names: isWildcard ? undefined : names, validation, held: NOTHING };
    const { resources, unknown } = find(update, wanted);
    if (unknown.length > 0) throw notAuthorized(unknown);
    context.peer.checkAlive();
    return { resources: resources.map(anyOf), type_url: SECRET_TYPE_URL };
  });

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Rejects with what `subscribe` throws, and with the signal's reason. */
async function firstUpdate(
  identities: Pick<WorkloadIdentities, 'subscribe'>,
  { selectors, signal }: WorkloadContext,
): Promise<WorkloadUpdate> {
  const { promise, resolve, reject } = Promise.withResolvers<WorkloadUpdate>();
  const leave = (): void => reject(signal.reason);
  let subscription: Subscription | undefined;
  signal.addEventListener('abort', leave, { once: true });
  try {
    subscription = identities.subscribe(selectors, resolve);
    return await promise;
  } finally {
    signal.removeEventListener('abort', leave);
    subscription?.close();
  }
}

/** SPIRE's words, in which Go quotes the list. */
const notAuthorized = (names: readonly string[]): Error => {
  const quoted = [...names].sort().map((name) => JSON.stringify(name));
  return invalidArgument(`workload is not authorized for the requested identities [${quoted.join(' ')}]`);
};
