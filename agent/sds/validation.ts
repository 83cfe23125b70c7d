/** How this Envoy can be told whom to believe (facts/spire 9). Called by the streams, by what their requests say of the node. */
import type { NodeOutput } from '../../proto/gen/envoy/config/core/v3/Node.ts';
import { topValue } from './metadata.ts';

/**
 * `spiffe`: Envoy's SPIFFE validator, which judges each certificate by the authorities of its own trust domain.
 * `plain`: one list of CAs, for one trust domain.
 */
export type Validation = 'spiffe' | 'plain';

const METADATA_KEY = 'disable_spiffe_cert_validation';

/** What the node says of itself goes before the configuration, and what it can do before both. */
export function validationFor(node: NodeOutput | null, isSpiffeDisabled: boolean): Validation {
  const isDisabled = overrideIn(node) ?? isSpiffeDisabled;
  return !isDisabled && hasSpiffeValidator(node) ? 'spiffe' : 'plain';
}

/** Undefined: no value, or none that says yes or no. */
function overrideIn(node: NodeOutput | null): boolean | undefined {
  const value = topValue(node?.metadata ?? NOTHING, METADATA_KEY);
  return typeof value === 'string' ? booleanIn(value) : value;
}

const NOTHING = new Uint8Array();

const WORDS = new Map<string, boolean>([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((word) => [word, true] as const), // as Go reads them
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((word) => [word, false] as const),
]);

const booleanIn = (word: string): boolean | undefined => WORDS.get(word);

/** Since Envoy 1.18; a node that does not tell its version has it. */
function hasSpiffeValidator(node: NodeOutput | null): boolean {
  const version = node?.user_agent_build_version?.version ?? undefined;
  if (version === undefined) return true;
  return version.major_number > 1 || (version.major_number === 1 && version.minor_number > 17);
}
