/** An agent as `agent` commands print it: labels in 18 columns. */
import type { AgentOutput } from '../../proto/gen/spire/api/types/Agent.ts';
import { printable } from '../../shared/cli/printable.ts';
import { timeText } from '../../shared/cli/time-text.ts';
import { idText } from './wire-id.ts';

const LABEL_WIDTH = 18;

const line = (label: string, value: string): string => `${label.padEnd(LABEL_WIDTH)}: ${printable(value)}\n`;

/** Ends with an empty line. */
export function agentBlock(agent: AgentOutput): string {
  return [
    line('SPIFFE ID', idText(agent.id)),
    line('Attestation type', agent.attestation_type),
    line('Expiration time', timeText(agent.x509svid_expires_at)),
    agent.banned ? line('Banned', 'true') : line('Serial number', agent.x509svid_serial_number),
    line('Can re-attest', String(agent.can_reattest)),
    ...(agent.agent_version === '' ? [] : [line('Agent version', agent.agent_version)]),
    '\n',
  ].join('');
}

export const selectorLines = (agent: AgentOutput): string =>
  agent.selectors.map(({ type, value }) => line('Selectors', `${type}:${value}`)).join('');
