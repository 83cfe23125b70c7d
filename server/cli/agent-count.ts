/** `agent count`. */
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { agentFilterOf } from './flags-to-agent-filter.ts';
import { AGENT, withService } from './call-server.ts';

export const agentCount: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const filter = agentFilterOf(flags);
  return withService<AgentDefinition, number>(AGENT, { flags, terminal }, async (client) => {
    const response = await client.unary('CountAgents', { filter });
    const noun = response.count === 1 ? 'agent' : 'agents';
    terminal.out(asJson ? `${toJson(response)}\n` : `${response.count} attested ${noun}\n`);
    return 0;
  });
};
