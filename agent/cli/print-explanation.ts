/** What `explain` prints: the verdict, what was found, and the entries that match or come close. */
import type { SelectorOutput } from '../../proto/gen/spire/api/types/Selector.ts';
import type { ExplainProcessResponseOutput } from '../../proto/gen/writ/explain/v1/ExplainProcessResponse.ts';
import { printable } from '../../shared/cli/printable.ts';
import { selectorFault } from '../../shared/config/selector-faults.ts';
import { timeText } from '../../shared/cli/time-text.ts';

type Candidate = ExplainProcessResponseOutput['candidates'][number];
type Attestor = ExplainProcessResponseOutput['attestors'][number];

const CLOSEST = 5;
const SLOW_MS = 100; // below, nobody waits for it

export function explanationText(pid: number, response: ExplainProcessResponseOutput): string {
  const matches = response.candidates.filter(({ missing }) => missing.length === 0);
  const near = response.candidates.filter(({ missing }) => missing.length > 0).slice(0, CLOSEST);
  const left = response.entries_known - matches.length - near.length;
  return [
    verdict(pid, matches.length, response),
    ...matches.map(matchText),
    '\nWhat the attestors found:\n',
    ...response.attestors.map(attestorText),
    ...(near.length === 0
      ? []
      : ['\nEntries that come closest:\n', ...near.map((one) => nearText(one, response.attestors))]),
    ...(left > 0 ? [`${near.length > 0 ? '' : '\n'}${leftText(left, near.length)}\n`] : []),
    `\n${agentText(response)}\n`,
  ].join('');
}

function verdict(pid: number, matches: number, { attestors }: ExplainProcessResponseOutput): string {
  if (matches > 0) return `Process ${pid} gets ${matches} ${matches === 1 ? 'identity' : 'identities'}:\n`;
  const failed = attestors.filter(({ error }) => error !== '').map(({ name }) => printable(name));
  const why =
    failed.length === 0
      ? 'no entry asks only for what was found'
      : `the attestor ${failed.join(', ')} failed`;
  return `Process ${pid} gets no identity: ${why}.\n`;
}

function matchText({ entry_id, spiffe_id, has_svid }: Candidate): string {
  const note = has_svid ? '' : ', whose SVID is not signed yet';
  return `  ${printable(spiffe_id)} (entry ${printable(entry_id)}${note})\n`;
}

function attestorText({ name, selectors, error, notes, took_ms }: Attestor): string {
  const took = took_ms < SLOW_MS ? '' : ` after ${took_ms / 1_000} s`;
  const did = notes.map((note) => `    ${printable(note)}\n`).join('');
  if (error !== '') return `  ${printable(name)} failed${took}: ${printable(error)}\n${did}`;
  if (selectors.length === 0) return `  ${printable(name)}: nothing${took}\n${did}`;
  const heading = did === '' && took === '' ? '' : `  ${printable(name)}${took}:\n${did}`;
  return `${heading}${selectors.map((selector) => `  ${selectorText(selector)}\n`).join('')}`;
}

const selectorText = ({ type, value }: SelectorOutput): string => printable(`${type}:${value}`);

function nearText(
  { entry_id, spiffe_id, missing }: Candidate,
  attestors: readonly Pick<Attestor, 'name'>[],
): string {
  const lacks = missing.map((one) => `    lacks ${selectorText(one)}${whyNever(one, attestors)}\n`);
  return `  ${printable(spiffe_id)} (entry ${printable(entry_id)})\n${lacks.join('')}`;
}

/** What no process on this node can have, and why. */
function whyNever(selector: SelectorOutput, attestors: readonly Pick<Attestor, 'name'>[]): string {
  const fault = selectorFault(selector, false);
  if (fault !== undefined) return `: ${printable(fault)}`;
  return attestors.some(({ name }) => name === selector.type)
    ? ''
    : `: this agent has no attestor ${printable(selector.type)}`;
}

const leftText = (left: number, shown: number): string =>
  `${left} ${shown > 0 ? 'more ' : ''}${left === 1 ? 'entry asks' : 'entries ask'} for what was not found.`;

function agentText(response: ExplainProcessResponseOutput): string {
  const { entries_known, last_sync_at, last_sync_error, kept_at } = response;
  const knows = `The agent knows ${entries_known} ${entries_known === 1 ? 'entry' : 'entries'}`;
  const never =
    kept_at === '0'
      ? 'it has never synchronised with a server'
      : `it has not synchronised since it started, and serves what it kept ${timeText(kept_at)}`;
  const at = last_sync_at === '0' ? never : `last synchronised ${timeText(last_sync_at)}`;
  const failure = last_sync_error === '' ? '' : `; the last attempt failed: ${printable(last_sync_error)}`;
  return `${knows}; ${at}${failure}`;
}
