/** `explain`: why a process has, or lacks, an identity (design D12). */
import type { ExplainDefinition } from '../../proto/gen/writ/explain/v1/Explain.ts';
import type { ExplainProcessResponseOutput } from '../../proto/gen/writ/explain/v1/ExplainProcessResponse.ts';
import type { SelectorOutput } from '../../proto/gen/spire/api/types/Selector.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { withSocket } from '../../shared/cli/socket.ts';
import { ServiceClient } from '../../shared/rpc/client.ts';
import { wantsJson } from './agent-socket.ts';

export const explain: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const pid = flags.number('pid');
  if (pid === 0) throw new UsageError('a -pid is needed');
  const path = flags.text('adminSocketPath') || terminal.environment['WRIT_AGENT_ADMIN_SOCKET'] || '';
  if (path === '') {
    throw new UsageError(
      'name the admin socket with -adminSocketPath or WRIT_AGENT_ADMIN_SOCKET: it is admin.sock in the data_dir of the agent unless admin_socket_path says otherwise',
    );
  }
  const response = await withSocket({ owner: 'agent', path }, (channel) =>
    new ServiceClient<ExplainDefinition>('writ.explain.v1.Explain', channel).unary('ExplainProcess', { pid }),
  );
  terminal.out(asJson ? `${toJson(response)}\n` : explained(pid, response));
  return 0;
};

function explained(pid: number, response: ExplainProcessResponseOutput): string {
  const matches = response.candidates.filter(({ missing }) => missing.length === 0);
  return [
    verdict(pid, matches.length),
    '\nWhat the attestors found:\n',
    ...response.attestors.map((attestor) => attestorLines(attestor)),
    ...response.candidates.map((candidate) => candidateLines(candidate)),
    `\nThe agent knows ${response.entries_known} ${response.entries_known === 1 ? 'entry' : 'entries'}; ${syncText(response)}\n`,
  ].join('');
}

const verdict = (pid: number, matches: number): string =>
  matches === 0
    ? `Process ${pid} gets no identity: no entry's selectors are all among those found.\n`
    : `Process ${pid} gets ${matches} ${matches === 1 ? 'identity' : 'identities'}.\n`;

interface Attestor {
  readonly name: string;
  readonly selectors: readonly SelectorOutput[];
  readonly error: string;
}

function attestorLines({ name, selectors, error }: Attestor): string {
  if (error !== '') return `  ${name} failed: ${error}\n`;
  if (selectors.length === 0) return `  ${name}: nothing\n`;
  return selectors.map(({ type, value }) => `  ${type}:${value}\n`).join('');
}

interface CandidateShown {
  readonly entry_id: string;
  readonly spiffe_id: string;
  readonly missing: readonly SelectorOutput[];
  readonly has_svid: boolean;
}

function candidateLines({ entry_id, spiffe_id, missing, has_svid }: CandidateShown): string {
  if (missing.length === 0) {
    return `\nMatches entry ${entry_id} (${spiffe_id})${has_svid ? '' : ', whose SVID is not signed yet'}\n`;
  }
  const lacking = missing.map(({ type, value }) => `  lacks ${type}:${value}\n`).join('');
  return `\nDoes not match entry ${entry_id} (${spiffe_id}):\n${lacking}`;
}

function syncText({ last_sync_at, last_sync_error }: ExplainProcessResponseOutput): string {
  const at =
    last_sync_at === '0'
      ? 'it has never synchronised with a server'
      : `last synchronised ${shown(last_sync_at)}`;
  return last_sync_error === '' ? at : `${at}; the last attempt failed: ${last_sync_error}`;
}

const shown = (unixSeconds: string): string => new Date(Number(unixSeconds) * 1_000).toISOString();
