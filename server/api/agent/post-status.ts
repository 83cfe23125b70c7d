/** Agent/PostStatus: the version that an agent says it has. */
import type { PostStatusRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/PostStatusRequest.ts';
import { invalidArgument } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { NodeStore } from '../../nodes/node-store.ts';
import { actingAgent, type CallContext } from '../gate/context.ts';

const VERSION_MAX = 255; // SPIRE: PostStatus

export interface PostStatusNeeds {
  readonly nodes: Pick<NodeStore, 'setAgentVersion'>;
}

export const postStatus = ({ nodes }: PostStatusNeeds): Handler<CallContext> =>
  unary(async ({ agent_version: version }: PostStatusRequestOutput, context: CallContext) => {
    const { node } = actingAgent(context);
    context.trail.add({ spiffe_id: node.id.toString() });
    if (version.length > VERSION_MAX)
      throw invalidArgument(`agent version is too long (max ${VERSION_MAX} characters)`);
    if (/\p{Cc}/u.test(version)) throw invalidArgument('agent version has control characters');
    if (version !== '' && node.agentVersion !== version) await nodes.setAgentVersion(node.id, version);
    return {};
  });
