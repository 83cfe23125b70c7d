/** `agent list`. */
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { AgentOutput } from '../../proto/gen/spire/api/types/Agent.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import type { Flags } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import type { ServiceClient } from '../../shared/rpc/client.ts';
import { agentFilterOf } from './agent-flags.ts';
import { agentBlock } from './print-agent.ts';
import { AGENT, wantsJson, withService } from './server-socket.ts';

const PAGE_SIZE = 1_000; // SPIRE's CLI

export const agentList: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  return withService<AgentDefinition, number>(AGENT, { flags, terminal }, async (client) => {
    const agents = await listAll(client, flags);
    if (asJson) terminal.out(`${toJson({ agents, next_page_token: '' })}\n`);
    else if (agents.length === 0) terminal.out('No attested agents found\n');
    else {
      terminal.out(`Found ${agents.length} attested ${agents.length === 1 ? 'agent' : 'agents'}:\n\n`);
      for (const agent of agents) terminal.out(`${agentBlock(agent)}\n`);
    }
    return 0;
  });
};

async function listAll(client: ServiceClient<AgentDefinition>, flags: Flags): Promise<AgentOutput[]> {
  const agents: AgentOutput[] = [];
  const filter = agentFilterOf(flags);
  let pageToken = '';
  do {
    const page = await client.unary('ListAgents', { filter, page_size: PAGE_SIZE, page_token: pageToken });
    agents.push(...page.agents);
    pageToken = page.next_page_token;
  } while (pageToken !== '');
  return agents;
}
