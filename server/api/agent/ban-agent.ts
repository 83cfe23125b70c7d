/** Agent/BanAgent: the agent may do nothing any more, and may not attest again. */
import type { BanAgentRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/BanAgentRequest.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { CallContext } from '../gate/context.ts';
import { removeAgent, type RemoveAgentNeeds } from './remove-agent.ts';

export const banAgent = (needs: RemoveAgentNeeds): Handler<CallContext> =>
  unary(({ id }: BanAgentRequestOutput) => removeAgent(needs, id, 'ban'));
