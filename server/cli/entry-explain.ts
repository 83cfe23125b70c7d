/** `entry explain`: which agents are authorized for an entry, and why the others are not. */
import type { ExplainEntryDefinition } from '../../proto/gen/writ/explain/v1/ExplainEntry.ts';
import type { ExplainEntryResponseOutput } from '../../proto/gen/writ/explain/v1/ExplainEntryResponse.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { printable } from '../../shared/cli/printable.ts';
import { EXPLAIN_ENTRY, withService } from './call-server.ts';
import { entryBlock } from './print-entry.ts';

export const entryExplain: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const id = flags.text('entryID');
  if (id === '') throw new UsageError('an entry ID is required');
  return withService<ExplainEntryDefinition, number>(EXPLAIN_ENTRY, { flags, terminal }, async (client) => {
    const explanation = await client.unary('ExplainEntry', { entry_id: id });
    terminal.out(asJson ? `${toJson(explanation)}\n` : explanationText(explanation));
    return 0;
  });
};

type Agent = ExplainEntryResponseOutput['agents'][number];

function explanationText(explanation: ExplainEntryResponseOutput): string {
  const { entry, parents, faults, agents, agents_authorized: count } = explanation;
  const authorized = agents.filter(({ obstacle }) => obstacle === '');
  const others = agents.filter(({ obstacle }) => obstacle !== '');
  const otherCount = explanation.agents_looked_at - count;
  return [
    entry === null ? '' : entryBlock(entry),
    'Its parent is:\n',
    ...parents.map((text) => `  ${printable(text)}\n`),
    ...(faults.length === 0
      ? []
      : ['\nWhat is wrong with it:\n', ...faults.map((text) => `  ${printable(text)}\n`)]),
    `\n${count === 0 ? 'No agent is' : `${count} ${agentsWord(count)}`} authorized for it${count === 0 ? '.' : ':'}\n`,
    ...authorized.map(({ spiffe_id: id }) => `  ${printable(id)}\n`),
    more(count - authorized.length),
    ...(others.length === 0
      ? []
      : [`\n${otherCount} ${agentsWord(otherCount)} not:\n`, ...others.map(otherText)]),
    more(otherCount - others.length),
    unseen(explanation),
  ].join('');
}

const agentsWord = (count: number): string => (count === 1 ? 'agent is' : 'agents are');

const more = (count: number): string => (count > 0 ? `  and ${count} more\n` : '');

const otherText = ({ spiffe_id: id, obstacle, alias_id: alias, missing }: Agent): string =>
  `  ${printable(id)}: ${printable(obstacle)}${alias === '' ? '' : ` ${printable(alias)}`}\n${missing
    .map(({ type, value }) => `    lacks ${printable(`${type}:${value}`)}\n`)
    .join('')}`;

const unseen = ({ agents_total: total, agents_looked_at: seen }: ExplainEntryResponseOutput): string =>
  total > seen ? `\nOf ${total} agents, ${seen} were looked at.\n` : '';
