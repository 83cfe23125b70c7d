/** Agent/ListAgents: attested agents, filtered, in pages. */
import type { ListAgentsRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/ListAgentsRequest.ts';
import type { ListAgentsResponse } from '../../../proto/gen/spire/api/server/agent/v1/ListAgentsResponse.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { NodeStore } from '../../nodes/node-store.ts';
import type { CallContext } from '../gate/context.ts';
import { agentBytes, agentFilterFromWire, agentWriter } from '../wire/agent.ts';
import { listPage } from '../wire/paging.ts';

export interface ListAgentsNeeds {
  readonly nodes: Pick<NodeStore, 'list'>;
}

export const listAgents = ({ nodes }: ListAgentsNeeds): Handler<CallContext> =>
  unary(async (request: ListAgentsRequestOutput): Promise<ListAgentsResponse> => {
    const filter = agentFilterFromWire(request.filter);
    const list = (page: Parameters<NodeStore['list']>[1]) => nodes.list(filter, page);
    const { items, nextPageToken } = await listPage({ list, bytesOf: agentBytes }, request);
    return { agents: items.map(agentWriter(request.output_mask)), next_page_token: nextPageToken };
  });
