/** JSON files that commands read: a path, or `-` for standard input. Used by `entry create`, `update` and `delete`. */
import { readFileSync } from 'node:fs';
import type { Terminal } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { messageOf } from '../../shared/errors.ts';

/** The one object that the file holds; throws UsageError that names the flag. */
export async function readJsonObject(
  path: string,
  flag: string,
  terminal: Pick<Terminal, 'readInput'>,
): Promise<Record<string, unknown>> {
  const text = path === '-' ? await terminal.readInput() : readText(path, flag);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${flag} ${path} is not JSON: ${messageOf(error)}`);
  }
  if (!isObject(parsed)) throw new UsageError(`${flag} ${path} must hold a JSON object`);
  return parsed;
}

/** Throws UsageError that names the flag. */
export function readText(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${flag} ${path} cannot be read: ${messageOf(error)}`);
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
