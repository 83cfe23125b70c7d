/** Text and flags to a frozen configuration: expand, parse, read through the shape, tell all faults. Called by both configs. */
import { expandEnv } from './expand-env.ts';
import { FileKeys } from './file-keys.ts';
import type { ConfigNode } from './node.ts';
import { type ConfigFormat, parseConfig } from './parse-config.ts';
import { readConfigFile } from './read-file.ts';
import { readShape } from './read-shape.ts';
import type { Shape } from './shape.ts';
import { Sink } from './sink.ts';

/** The file as it was read, and what the command line says about reading it. */
export interface ConfigText {
  /** For messages only. */
  readonly path: string;
  readonly text: string;
  /** Default: JSON when the text begins with a brace, else HCL. */
  readonly format?: ConfigFormat | undefined;
  /** Replace `$NAME` and `${NAME}` before parsing (`-expandEnv`). */
  readonly expandEnv?: boolean | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Reads a `plugin_data_file`; default: readConfigFile. */
  readonly readFile?: ((path: string) => string) | undefined;
}

export interface LoadOptions<T> {
  readonly shape: Shape<T>;
  /** The block that flags override, and their values. */
  readonly section: string;
  readonly overrides: ReadonlyMap<string, ConfigNode>;
}

export interface Loaded<T> {
  readonly config: T;
  /** One line each, for the log. */
  readonly warnings: readonly string[];
  /** Of the file; not what flags say. */
  readonly keys: FileKeys;
}

/** Throws ConfigFaults with every fault that was found. */
export function loadShape<T>(file: ConfigText, options: LoadOptions<T>): Loaded<T> {
  const sink = new Sink({
    readFile: file.readFile ?? readConfigFile,
    overrides: new Map([[options.section, options.overrides]]),
  });
  const node = parseConfig(file.path, expanded(file, sink), file.format);
  const config = readShape(node, options.shape, { scope: '', sink });
  sink.throwFaults();
  return { config: deepFreeze(config), warnings: sink.warnings, keys: new FileKeys(node) };
}

function expanded(file: ConfigText, sink: Sink): string {
  if (file.expandEnv !== true) return file.text;
  const { text, missing } = expandEnv(file.text, file.environment ?? {});
  const at = { source: file.path, line: 0, column: 0 };
  for (const name of missing)
    sink.warn(at, `environment variable "${name.slice(0, 64)}" is not set and reads as empty`);
  return text;
}

/** Plain objects and lists; values of classes keep themselves. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
