/** `agent purge`: forgets agents that could attest again and whose SVID expired long ago. */
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { AgentOutput } from '../../proto/gen/spire/api/types/Agent.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { systemClock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Rpcs } from '../../shared/rpc/service-types.ts';
import { AGENT, withService } from './call-server.ts';
import { durationOf } from './duration-flag.ts';
import { listPages } from './list-pages.ts';
import { idText } from './wire-id.ts';

type Client = Pick<Rpcs<AgentDefinition>, 'unary'>;

interface Outcome {
  readonly agent_id: string;
  readonly deleted: boolean;
  readonly error?: string;
}

const PAGE_SIZE = 1_000;

/**
 * As JSON it is a list of one, as SPIRE prints it.
 * DIVERGES: SPIRE purges banned agents too, which lets them attest again, and exits 0 although some could not be purged.
 * Here the banned stay, and the exit code tells.
 */
export const agentPurge: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const isDry = flags.is('dryRun');
  const expiredBefore = systemClock.now().getTime() - durationOf(flags, 'expiredFor') * 1_000;
  const outcomes = await withService<AgentDefinition, Outcome[]>(
    AGENT,
    { flags, terminal },
    async (client) => {
      const expired = (await listReattestable(client)).filter(
        ({ x509svid_expires_at: seconds }) => Number(seconds) * 1_000 < expiredBefore,
      );
      return isDry ? expired.map(untouched) : purge(client, expired);
    },
  );
  terminal.out(asJson ? `${JSON.stringify([{ expired_agents: outcomes }])}\n` : textOf(outcomes, isDry));
  return outcomes.some(({ error }) => error !== undefined) ? 1 : 0;
};

const listReattestable = (client: Client): Promise<AgentOutput[]> =>
  listPages(async (pageToken) => {
    const page = await client.unary('ListAgents', {
      filter: { by_can_reattest: { value: true }, by_banned: { value: false } },
      output_mask: { x509svid_expires_at: true },
      page_size: PAGE_SIZE,
      page_token: pageToken,
    });
    return { items: page.agents, next: page.next_page_token };
  });

const untouched = ({ id }: AgentOutput): Outcome => ({ agent_id: idText(id), deleted: false });

async function purge(client: Client, agents: readonly AgentOutput[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { id } of agents) {
    const agentId = idText(id);
    try {
      await client.unary('DeleteAgent', { id });
      outcomes.push({ agent_id: agentId, deleted: true });
    } catch (error) {
      outcomes.push({ agent_id: agentId, deleted: false, error: messageOf(error) });
    }
  }
  return outcomes;
}

function textOf(outcomes: readonly Outcome[], isDry: boolean): string {
  if (outcomes.length === 0) return 'No agents to purge.\n';
  const found = `Found ${outcomes.length} expired ${outcomes.length === 1 ? 'agent' : 'agents'}\n\n`;
  if (isDry) return `${found}\nAgents that can be purged:\n${outcomes.map(line).join('')}`;
  const [purged, left] = [outcomes.filter(isDeleted), outcomes.filter((one) => !isDeleted(one))];
  return found + block('Agents purged:', purged) + block('Agents not purged:', left);
}

const isDeleted = ({ deleted }: Outcome): boolean => deleted;

const block = (title: string, outcomes: readonly Outcome[]): string =>
  outcomes.length === 0 ? '' : `${title}\n${outcomes.map(line).join('')}`;

const line = ({ agent_id: id, error }: Outcome): string =>
  `SPIFFE ID         : ${id}\n${error === undefined ? '' : `Error             : ${error}\n`}`;
