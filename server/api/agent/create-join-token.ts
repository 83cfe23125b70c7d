/** Agent/CreateJoinToken: a one-time token, and with an agent ID the entry that gives its agent that ID. */
import type { CreateJoinTokenRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/CreateJoinTokenRequest.ts';
import type { JoinToken } from '../../../proto/gen/spire/api/types/JoinToken.ts';
import { addSeconds, type Clock, unixSeconds } from '../../../shared/clock.ts';
import { Code, CodedError, invalidArgument, messageOf, permissionDenied } from '../../../shared/errors.ts';
import type { Random } from '../../../shared/random.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import { agentId, checkWorkloadId } from '../../../shared/spiffe/reserved.ts';
import type { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { checkEntryFields } from '../../entries/check-entry.ts';
import { type NewEntry, PLAIN_ENTRY } from '../../entries/entry.ts';
import { isJoinToken } from '../../nodes/join-token.ts';
import type { JoinTokenStore } from '../../nodes/join-token-store.ts';
import type { CallContext } from '../gate/context.ts';
import { spiffeIdFromWire } from '../wire/spiffe-id.ts';

export interface CreateJoinTokenNeeds {
  readonly trustDomain: TrustDomain;
  readonly joinTokens: Pick<JoinTokenStore, 'create'>;
  readonly clock: Clock;
  readonly random: Random;
}

export const createJoinToken = (needs: CreateJoinTokenNeeds): Handler<CallContext> =>
  unary(async (request: CreateJoinTokenRequestOutput, { limits }: CallContext): Promise<JoinToken> => {
    const { trustDomain, joinTokens, clock, random } = needs;
    if (request.ttl < 1) throw invalidArgument('ttl is required, you must provide one');
    if (limits !== undefined) checkPlain(request);
    const value = request.token === '' ? random.uuid() : checkToken(request.token);
    const expiresAt = addSeconds(clock.now(), request.ttl);
    const alias = request.agent_id === null ? undefined : aliasOf(value, readId(request, trustDomain));
    if (!(await joinTokens.create({ value, expiresAt }, alias))) {
      throw new CodedError(Code.alreadyExists, 'failed to create token: a token with this value exists');
    }
    return { value, expires_at: unixSeconds(expiresAt) };
  });

/**
 * A chosen token could be an evicted agent's, whose entries it would take over, and an ID any workload's: both are more
 * than the right to add agents.
 */
function checkPlain({ token, agent_id }: CreateJoinTokenRequestOutput): void {
  if (token !== '') throw permissionDenied('only an administrator chooses the token: leave it out');
  if (agent_id !== null)
    throw permissionDenied('only an administrator gives an agent a further ID: leave it out');
}

function checkToken(text: string): string {
  if (isJoinToken(text)) return text;
  throw invalidArgument('token must be 1 to 255 letters, numbers, dots, dashes and underscores');
}

function readId({ agent_id: wire }: CreateJoinTokenRequestOutput, trustDomain: TrustDomain): SpiffeId {
  const id = spiffeIdFromWire(wire, 'invalid agent ID');
  try {
    return checkWorkloadId(id, trustDomain);
  } catch (cause) {
    throw invalidArgument(`invalid agent ID: ${messageOf(cause)}`, { cause });
  }
}

/** SPIRE's entry: below the agent, selected by the agent's own ID. */
function aliasOf(token: string, spiffeId: SpiffeId): NewEntry {
  const { trustDomain } = spiffeId;
  const parentId = agentId(trustDomain, `join_token/${token}`);
  const fields = checkEntryFields(
    {
      spiffeId,
      parentId,
      selectors: [{ type: 'spiffe_id', value: parentId.toString() }],
      ...PLAIN_ENTRY,
    },
    trustDomain,
  );
  return { ...fields, id: undefined };
}
