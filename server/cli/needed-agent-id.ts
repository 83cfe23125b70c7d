/** The `-spiffeID` that commands about one agent need. */
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { type WireId, wireId } from './wire-id.ts';

/** Throws UsageError when it is missing or not a SPIFFE ID. */
export function neededAgentId(flags: Flags): WireId {
  if (flags.text('spiffeID') === '') throw new UsageError('a -spiffeID is needed');
  return wireId('spiffeID', flags.text('spiffeID'));
}
