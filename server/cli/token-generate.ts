/** `token generate`: makes a join token, and optionally gives its agent a further SPIFFE ID. */
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { wireId } from './wire-id.ts';
import { AGENT, withService } from './call-server.ts';

export const tokenGenerate: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const spiffeId = flags.text('spiffeID');
  const request = {
    ttl: flags.number('ttl'),
    agent_id: spiffeId === '' ? null : wireId('spiffeID', spiffeId),
  };
  return withService<AgentDefinition, number>(AGENT, { flags, terminal }, async (agent) => {
    const token = await agent.unary('CreateJoinToken', request);
    terminal.out(asJson ? `${toJson(token)}\n` : `Token: ${token.value}\n`);
    if (!asJson && spiffeId === '') terminal.out('Warning: Missing SPIFFE ID.\n');
    return 0;
  });
};
