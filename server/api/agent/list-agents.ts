/** Agent/ListAgents: attested agents, filtered, in pages. */
import type { ListAgentsRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/ListAgentsRequest.ts';
import type { ListAgentsResponse } from '../../../proto/gen/spire/api/server/agent/v1/ListAgentsResponse.ts';
import { answerEncoder } from '../../../shared/rpc/encoded.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { Node } from '../../nodes/node.ts';
import type { NodeStore } from '../../nodes/node-store.ts';
import type { CallContext } from '../gate/context.ts';
import { agentFilterFromWire, agentWriter } from '../wire/agent.ts';
import { listAnswer } from '../wire/paging.ts';

export interface ListAgentsNeeds {
  readonly nodes: Pick<NodeStore, 'list'>;
}

export const listAgents = ({ nodes }: ListAgentsNeeds): Handler<CallContext> => {
  const encode = answerEncoder<ListAgentsResponse>('spire.api.server.agent.v1.Agent', 'ListAgents');
  return unary(async (request: ListAgentsRequestOutput, { call }: CallContext) => {
    const filter = agentFilterFromWire(request.filter);
    const write = agentWriter(request.output_mask);
    return listAnswer(
      {
        list: (page, show) => nodes.list(filter, page, show),
        part: (agent: Node) => encode({ agents: [write(agent)] }),
        tokenPart: (next_page_token) => encode({ next_page_token }),
      },
      request,
      call,
    );
  });
};
