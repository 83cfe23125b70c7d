/** The filter that flags describe, as the API takes it. Used by `agent list` and `agent count`. */
import type { AgentFilter } from '../../proto/gen/spire/api/server/agent/v1/AgentFilter.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { matchBehavior } from './match-behavior.ts';
import { wireSelectors } from './wire-id.ts';

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
