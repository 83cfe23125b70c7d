/** Agent/GetAgent: one attested agent. */
import type { GetAgentRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/GetAgentRequest.ts';
import type { Agent } from '../../../proto/gen/spire/api/types/Agent.ts';
import { notFound } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { NodeStore } from '../../nodes/node-store.ts';
import type { CallContext } from '../gate/context.ts';
import { agentIdFromWire, agentWriter } from '../wire/agent.ts';

export interface GetAgentNeeds {
  readonly trustDomain: TrustDomain;
  readonly nodes: Pick<NodeStore, 'find'>;
}

export const getAgent = ({ trustDomain, nodes }: GetAgentNeeds): Handler<CallContext> =>
  unary(async ({ id, output_mask: mask }: GetAgentRequestOutput): Promise<Agent> => {
    const node = await nodes.find(agentIdFromWire(id, trustDomain));
    if (node === undefined) throw notFound('agent not found');
    return agentWriter(mask)(node);
  });
