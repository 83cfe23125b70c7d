/** Agent/CountAgents: how many agents pass a filter. */
import type { CountAgentsRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/CountAgentsRequest.ts';
import type { CountAgentsResponse } from '../../../proto/gen/spire/api/server/agent/v1/CountAgentsResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { NodeStore } from '../../nodes/node-store.ts';
import type { CallContext } from '../gate/context.ts';
import { agentFilterFromWire } from '../wire/agent.ts';

export interface CountAgentsNeeds {
  readonly nodes: Pick<NodeStore, 'count'>;
}

export const countAgents = ({ nodes }: CountAgentsNeeds): Handler<CallContext> =>
  unary(
    async ({ filter }: CountAgentsRequestOutput): Promise<CountAgentsResponse> => ({
      count: await nodes.count(agentFilterFromWire(filter)),
    }),
  );
