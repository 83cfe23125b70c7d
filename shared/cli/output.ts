/** `-output`: as text for people, or as JSON for programs. */
import { type Flag, type Flags, UsageError } from './flag.ts';

export const outputFlag: Flag = {
  name: 'output',
  kind: 'text',
  doc: 'pretty or json',
  values: ['pretty', 'json'],
  otherwise: 'pretty',
};

/** Whether JSON is asked for; throws UsageError on any other word than pretty or json. */
export function wantsJson(flags: Flags): boolean {
  const output = flags.text('output');
  if (output !== 'pretty' && output !== 'json')
    throw new UsageError(`-output is pretty or json, not "${output}"`);
  return output === 'json';
}
