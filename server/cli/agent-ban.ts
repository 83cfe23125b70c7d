/** `agent ban`. */
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { neededAgentId } from './needed-agent-id.ts';
import { AGENT, withService } from './call-server.ts';

export const agentBan: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const id = neededAgentId(flags);
  return withService<AgentDefinition, number>(AGENT, { flags, terminal }, async (client) => {
    const response = await client.unary('BanAgent', { id });
    terminal.out(asJson ? `${toJson(response)}\n` : 'Agent banned successfully\n');
    return 0;
  });
};
