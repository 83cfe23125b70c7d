/** Agent/DeleteAgent: evicts the agent, which may attest again; a ban is lifted by it. */
import type { DeleteAgentRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/DeleteAgentRequest.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { removeAgent, type RemoveAgentNeeds } from './remove-agent.ts';

export const deleteAgent = (needs: RemoveAgentNeeds): Handler<CallContext> =>
  unary(({ id }: DeleteAgentRequestOutput) => removeAgent(needs, id, 'evict'));
