/** Flags that filter agents, and the filter that they make. */
import type { AgentFilter } from '../../proto/gen/spire/api/server/agent/v1/AgentFilter.ts';
import { type Flag, type Flags, UsageError } from '../../shared/cli/flag.ts';
import { matchBehavior } from './match-behavior.ts';
import { wireSelectors } from './wire-id.ts';

export const agentFilterFlags: readonly Flag[] = [
  { name: 'selector', kind: 'list', doc: 'type:value of the node' },
  { name: 'matchSelectorsOn', kind: 'text', doc: 'exact, any, superset or subset', otherwise: 'superset' },
  { name: 'attestationType', kind: 'text', doc: 'only agents attested this way, such as join_token' },
  { name: 'canReattest', kind: 'text', doc: 'true or false' },
  { name: 'banned', kind: 'text', doc: 'true or false' },
  { name: 'expiresBefore', kind: 'text', doc: 'a time such as "2026-01-31 13:00:00 +0100 +01"' },
];

/** Throws UsageError on a selector, a match or a truth that is none. */
export function agentFilterOf(flags: Flags): AgentFilter {
  const selectors = wireSelectors(flags.list('selector'));
  const match = matchBehavior(flags, 'matchSelectorsOn');
  return {
    by_attestation_type: flags.text('attestationType'),
    by_selector_match: selectors.length === 0 ? null : { selectors, match },
    by_banned: truthOf(flags, 'banned'),
    by_can_reattest: truthOf(flags, 'canReattest'),
    by_expires_before: flags.text('expiresBefore').replace(AS_PRINTED, ' +0000 +00'),
  };
}

/** `agent list` prints UTC by its name; the API takes zones as numbers alone. */
const AS_PRINTED = / \+0000 UTC$/;

function truthOf(flags: Flags, name: string): { value: boolean } | null {
  if (!flags.has(name)) return null;
  const text = flags.text(name);
  if (text !== 'true' && text !== 'false') throw new UsageError(`-${name} is true or false, not "${text}"`);
  return { value: text === 'true' };
}
