/** `-output`: as text for people, or as JSON for programs. */
import { type Flag, type Flags, UsageError } from './flag.ts';

export const outputFlag: Flag = {
  name: 'output',
  kind: 'text',
  doc: 'pretty or json',
  values: ['pretty', 'json'],
  otherwise: 'pretty',
};

/** Whether JSON is asked for, by the flag of this name; throws UsageError on any other word than pretty or json. */
export function wantsJson(flags: Flags, name = 'output'): boolean {
  const output = flags.text(name);
  if (output !== 'pretty' && output !== 'json')
    throw new UsageError(`-${name} is pretty or json, not "${output}"`);
  return output === 'json';
}
