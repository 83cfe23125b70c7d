/** Reads a file of declared entries, YAML or JSON. Called by `entry apply`. */
import { readFileSync, statSync } from 'node:fs';
import type { Terminal } from '../../../shared/cli/command.ts';
import { UsageError } from '../../../shared/cli/flag.ts';
import { parseJson } from '../../../shared/config/json.ts';
import { readShape } from '../../../shared/config/read-shape.ts';
import { Sink } from '../../../shared/config/sink.ts';
import { parseYaml } from '../../../shared/config/yaml.ts';
import { messageOf } from '../../../shared/errors.ts';
import { type Declared, declaredShape } from './shape.ts';

/** As much as one call of ApplyEntries can carry. */
const FILE_MAX_BYTES = 4 * 1_024 * 1_024;
const BOUNDS = { length: FILE_MAX_BYTES, nodes: 500_000 };

/** Throws UsageError where the file cannot be read, ConfigFaults with every fault in it, each with its place. */
export async function readDeclared(path: string, terminal: Pick<Terminal, 'readInput'>): Promise<Declared> {
  if (path === '-') return parseDeclared('standard input', await terminal.readInput());
  return parseDeclared(path, readText(path));
}

/** Throws as readDeclared. */
export function parseDeclared(source: string, given: string): Declared {
  if (given.length > FILE_MAX_BYTES) throw new UsageError(tooLarge(source));
  const text = given.replace(/^\uFEFF/, '');
  const sink = new Sink({ readFile: () => '', overrides: new Map() });
  const node = /^\s*\{/.test(text) ? parseJson(source, text, BOUNDS) : parseYaml(source, text);
  const declared = readShape(node, declaredShape(sink), { scope: '', sink });
  sink.throwFaults();
  return declared;
}

function readText(path: string): string {
  try {
    if (statSync(path).size <= FILE_MAX_BYTES) return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`-file ${path} cannot be read: ${messageOf(error)}`);
  }
  throw new UsageError(tooLarge(path));
}

const tooLarge = (path: string): string => `-file ${path} is larger than ${FILE_MAX_BYTES} bytes: divide it`;
