/** `agent list`. */
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { AgentOutput } from '../../proto/gen/spire/api/types/Agent.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { agentFilterOf } from './flags-to-agent-filter.ts';
import { AGENT, withService } from './call-server.ts';
import { listPages } from './list-pages.ts';
import { agentBlock } from './print-agent.ts';

const PAGE_SIZE = 1_000; // SPIRE's CLI

export const agentList: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const filter = agentFilterOf(flags);
  const agents = await withService<AgentDefinition, AgentOutput[]>(AGENT, { flags, terminal }, (client) =>
    listPages(async (pageToken) => {
      const request = { filter, page_size: PAGE_SIZE, page_token: pageToken };
      const page = await client.unary('ListAgents', request);
      return { items: page.agents, next: page.next_page_token };
    }),
  );
  if (asJson) terminal.out(`${toJson({ agents, next_page_token: '' })}\n`);
  else if (agents.length === 0) terminal.out('No attested agents found\n');
  else {
    terminal.out(`Found ${agents.length} attested ${agents.length === 1 ? 'agent' : 'agents'}:\n\n`);
    for (const agent of agents) terminal.out(agentBlock(agent));
  }
  return 0;
};
