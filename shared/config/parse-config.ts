/** The text of a configuration file to a tree: HCL, or JSON when it begins with a brace. Called by load. */
import { parseHcl } from './hcl.ts';
import { parseJson } from './json.ts';
import type { ObjectNode } from './node.ts';

export type ConfigFormat = 'hcl' | 'json';

/** Throws ConfigFaults with the place of the first thing that cannot be read. */
export function parseConfig(source: string, text: string, format: ConfigFormat = formatOf(text)): ObjectNode {
  return format === 'json' ? parseJson(source, text) : parseHcl(source, text);
}

const formatOf = (text: string): ConfigFormat => (/^\uFEFF?\s*\{/.test(text) ? 'json' : 'hcl');
