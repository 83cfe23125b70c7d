/** `agent show`. */
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { neededAgentId } from './needed-agent-id.ts';
import { agentBlock, selectorLines } from './print-agent.ts';
import { AGENT, withService } from './call-server.ts';

export const agentShow: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const id = neededAgentId(flags);
  return withService<AgentDefinition, number>(AGENT, { flags, terminal }, async (client) => {
    const agent = await client.unary('GetAgent', { id });
    terminal.out(
      asJson
        ? `${toJson(agent)}\n`
        : `Found an attested agent given its SPIFFE ID\n\n${agentBlock(agent)}${selectorLines(agent)}`,
    );
    return 0;
  });
};
