/** Agent/RenewAgent: a new SVID for an agent whose node cannot be attested again. It becomes the active one at its first use. */
import type { RenewAgentRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/RenewAgentRequest.ts';
import type { RenewAgentResponse } from '../../../proto/gen/spire/api/server/agent/v1/RenewAgentResponse.ts';
import { invalidArgument, notFound, permissionDenied } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import { type AttestNodeNeeds, signAgentSvid } from '../../attest-node/attest.ts';
import type { NodeStore } from '../../nodes/node-store.ts';
import { actingAgent, type CallContext } from '../gate/context.ts';
import type { SigningTurns } from '../gate/signing-turns.ts';
import { issuedX509Fields } from '../gate/issued-fields.ts';
import { x509SvidToWire } from '../wire/svid.ts';

export interface RenewAgentNeeds extends Pick<AttestNodeNeeds, 'ca' | 'agentTtlSeconds'> {
  readonly nodes: Pick<NodeStore, 'setPending'>;
  readonly turns: SigningTurns;
}

export const renewAgent = (needs: RenewAgentNeeds): Handler<CallContext> =>
  unary(async ({ params }: RenewAgentRequestOutput, context: CallContext): Promise<RenewAgentResponse> => {
    const { node } = actingAgent(context);
    if (node.canReattest) {
      throw permissionDenied('agent must reattest instead of renew', { reason: 'AGENT_MUST_REATTEST' });
    }
    if (params === null) throw invalidArgument('params cannot be nil');
    if (params.csr.length === 0) throw invalidArgument('missing CSR');
    const { csr } = params;
    const svid = await needs.turns.one(context, () => signAgentSvid(needs, { id: node.id, csr }));
    const pending = { serialNumber: svid.serialNumber, expiresAt: svid.expiresAt };
    context.trail.add({ agent_id: node.id.toString(), ...issuedX509Fields(svid) });
    if (!(await needs.nodes.setPending(node.id, pending))) throw notFound('agent not found');
    return { svid: x509SvidToWire(node.id, svid) };
  });
