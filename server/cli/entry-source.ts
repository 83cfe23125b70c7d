/** Where `entry create` and `entry update` get their entries: the flags, or a JSON file (`-data`). */
import { readFileSync } from 'node:fs';
import type { Entry as WireEntry } from '../../proto/gen/spire/api/types/Entry.ts';
import type { Terminal } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { messageOf } from '../../shared/errors.ts';
import { entryOf } from './entry-flags.ts';
import { wireId } from './wire-id.ts';

/** Throws UsageError when both or neither are given, or the file is not of the expected shape. */
export async function entriesOf(flags: Flags, terminal: Terminal): Promise<WireEntry[]> {
  if (!flags.has('data')) return [entryOf(flags)];
  const text = await readSource(flags.text('data'), terminal);
  return entriesInFile(parseObject(text, '-data'));
}

export async function readSource(path: string, terminal: Terminal): Promise<string> {
  if (path === '-') return terminal.readInput();
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}`);
  }
}

/** Throws UsageError unless the text is one JSON object. */
export function parseObject(text: string, flag: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${flag} is not JSON: ${messageOf(error)}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new UsageError(`${flag} must hold a JSON object`);
  }
  return { ...parsed };
}

function entriesInFile(file: Record<string, unknown>): WireEntry[] {
  const { entries } = file;
  if (!Array.isArray(entries)) throw new UsageError('-data must hold {"entries": [...]}');
  return entries.map((entry: unknown, at) => {
    if (typeof entry !== 'object' || entry === null)
      throw new UsageError(`entry ${at} of -data is not an object`);
    return entryInFile({ ...entry }, at);
  });
}

const FIELDS: Readonly<Record<string, 'text' | 'number' | 'boolean' | 'list'>> = {
  entry_id: 'text',
  spiffe_id: 'text',
  parent_id: 'text',
  selectors: 'list',
  x509_svid_ttl: 'number',
  jwt_svid_ttl: 'number',
  federates_with: 'list',
  admin: 'boolean',
  downstream: 'boolean',
  entryExpiry: 'number',
  dns_names: 'list',
  store_svid: 'boolean',
  hint: 'text',
};

/** SPIRE's own JSON shape of an entry: IDs are text, and two names differ from the API's. */
function entryInFile(
  { additional_attributes: attributes, ...entry }: Record<string, unknown>,
  at: number,
): WireEntry {
  for (const [key, value] of Object.entries(entry)) checkField(key, value, at);
  const { entry_id, spiffe_id, parent_id, entryExpiry, ...rest } = entry;
  return {
    ...rest,
    id: textOr(entry_id),
    spiffe_id: wireId(`data: entry ${at}: spiffe_id`, textOr(spiffe_id)),
    parent_id: wireId(`data: entry ${at}: parent_id`, textOr(parent_id)),
    expires_at: typeof entryExpiry === 'number' ? entryExpiry : 0,
    ...(typeof attributes === 'object' && attributes !== null ? { additional_attributes: attributes } : {}),
  };
}

const textOr = (value: unknown): string => (typeof value === 'string' ? value : '');

function checkField(key: string, value: unknown, at: number): void {
  const kind = FIELDS[key];
  if (kind === undefined) throw new UsageError(`entry ${at} of -data has an unknown field "${key}"`);
  const fits = kind === 'list' ? Array.isArray(value) : typeof value === (kind === 'text' ? 'string' : kind);
  if (!fits) throw new UsageError(`"${key}" of entry ${at} of -data must be a ${kind}`);
}
