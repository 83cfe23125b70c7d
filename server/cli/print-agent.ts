/** An agent as `agent` commands print it: labels in 18 columns. */
import type { AgentOutput } from '../../proto/gen/spire/api/types/Agent.ts';
import { timeText } from './print-entry.ts';
import { idText } from './wire-id.ts';

const line = (label: string, value: string | boolean): string => `${label.padEnd(18)}: ${value}\n`;

/** Without the empty line that ends a block. */
export function agentBlock(agent: AgentOutput): string {
  return [
    line('SPIFFE ID', idText(agent.id)),
    line('Attestation type', agent.attestation_type),
    line('Expiration time', timeText(agent.x509svid_expires_at)),
    agent.banned ? line('Banned', true) : line('Serial number', agent.x509svid_serial_number),
    line('Can re-attest', agent.can_reattest),
    ...(agent.agent_version === '' ? [] : [line('Agent version', agent.agent_version)]),
  ].join('');
}

export const selectorLines = (agent: AgentOutput): string =>
  agent.selectors.map((selector) => line('Selectors', `${selector.type}:${selector.value}`)).join('');
