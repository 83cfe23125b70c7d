/** What `explain` prints of the command itself: the verdict, what was found, and where to ask on. */
import type { ExplainSelfResponseOutput } from '../../proto/gen/writ/explain/v1/ExplainSelfResponse.ts';
import { printable } from '../../shared/cli/printable.ts';
import { timeText } from '../../shared/cli/time-text.ts';

const THIS = 'This is about the command itself: other programs of its user differ in path and hash.';
const ASK_ON =
  'The entry may be missing, misspelt or expired, or its parent may be another agent: ask where you may with\n' +
  '"explain -pid PID" on this machine, or "entry explain" on the server.';

export function ownExplanationText(response: ExplainSelfResponseOutput): string {
  const { selectors, matching } = response;
  const found = selectors.map(({ type, value }) => `  ${printable(`${type}:${value}`)}\n`);
  return [
    `${verdict(response)}\n`,
    '\nWhat was found out about it:\n',
    ...(found.length === 0 ? ['  nothing\n'] : found),
    `\n${THIS}\n`,
    ...(matching === 0 ? [`${ASK_ON}\n`] : []),
    `${agentText(response)}\n`,
  ].join('');
}

function verdict({ matching, without_svid, failed_attestors, ...agent }: ExplainSelfResponseOutput): string {
  if (matching > 0) {
    const gets = `This process gets ${matching} ${matching === 1 ? 'identity' : 'identities'}`;
    return without_svid === 0 ? `${gets}.` : `${gets}, of which ${without_svid} not signed yet.`;
  }
  const nothing = 'This process gets no identity: ';
  if (failed_attestors.length > 0)
    return `${nothing}the attestor ${failed_attestors.map(printable).join(', ')} failed, the agent's log says why.`;
  if (agent.last_sync_at === '0' && agent.kept_at === '0')
    return `${nothing}the agent has no entries yet, for it has never synchronised with a server.`;
  return `${nothing}no entry of this agent asks only for what was found.`;
}

function agentText({ last_sync_at, kept_at, is_server_away }: ExplainSelfResponseOutput): string {
  const kept = kept_at === '0' ? '' : `, and serves what it kept ${timeText(kept_at)}`;
  const synced =
    last_sync_at === '0'
      ? `The agent has not synchronised since it started${kept}`
      : `The agent last synchronised ${timeText(last_sync_at)}`;
  return `${synced}${is_server_away ? '; its server does not answer as it should now' : ''}.`;
}
