/**
 * How a configuration is declared: a Shape asks a Block for its keys, one by one, and returns what they mean.
 * The same shape reads a file (read-shape) and prints the reference page (describe-shape), so defaults sit here alone.
 */
import type { ConfigNode, Position } from './node.ts';

/** Says what is wrong with the value at a place: the predicate only, "must be …". */
export type Report = (at: Position, predicate: string) => void;

/** A type of value. */
export interface Kind<T> {
  /** As the reference page names it. */
  readonly type: string;
  /** Stands in for a value that was refused, until all faults are known; never leaves the loader. */
  readonly placeholder: T;
  /** The value, or the placeholder after a report. */
  read(node: ConfigNode, report: Report): T;
}

export interface Field<T> {
  readonly type: string;
  readonly doc: string;
  readonly isRequired: boolean;
  /** The default as the reference page shows it; empty when there is none. */
  readonly shownDefault: string;
  /** The default, or a placeholder when the field is required. */
  readonly absent: T;
  read(node: ConfigNode, report: Report): T;
}

export type Shape<T> = (block: Block) => T;

/** What is said of an object beyond its keys. */
export interface Remarks {
  /** Whether the key is there with more than an empty value. */
  isSet(key: string): boolean;
  /** Whether the key is there, be it an empty block. */
  isGiven(key: string): boolean;
  /** A fault that is seen only across keys; placed at `key`. */
  fault(message: string, key?: string): void;
  warn(message: string, key?: string): void;
}

/** One object of the file, asked for its keys. A key that was never asked for is unknown, and refused. */
export interface Block extends Remarks {
  field<T>(key: string, field: Field<T>): T;
  /** A nested object; when absent, it is read as an empty one. */
  block<T>(key: string, doc: string, shape: Shape<T>): T;
  /** Nested objects that have a name: `key "name" { … }`, any number of them, no name twice. */
  labelled<T>(key: string, doc: string, shape: Shape<T>): readonly Labelled<T>[];
  /** The enabled plugins of a type, in order. */
  plugins<T>(type: string, spec: PluginSpec<T>): readonly Plugin<T>[];
  /** A key of SPIRE that changes nothing here; it warns when set. */
  withoutEffect(key: string, doc: string): void;
  /** A key of SPIRE that it would be wrong to ignore; it is refused when set. */
  notSupported(key: string, doc: string): void;
}

export interface Labelled<T> {
  readonly name: string;
  readonly value: T;
}

export interface PluginKind<T> {
  readonly doc: string;
  /** Reads `plugin_data`. */
  readonly shape: Shape<T>;
}

export interface PluginSpec<T> {
  readonly doc: string;
  /** How many may be enabled. */
  readonly count: 'any' | 'at-most-one' | 'exactly-one' | 'at-least-one';
  readonly kinds: Readonly<Record<string, PluginKind<T>>>;
  /** Names that SPIRE has and that do not exist here yet. */
  readonly notYet: readonly string[];
  /** What to do with those: refuse, or warn and go on where nothing is lost by it. */
  readonly ifNotYet: 'refuse' | 'warn';
}

export interface Plugin<T> {
  readonly name: string;
  readonly value: T;
}

/** A key that must be there. */
export function required<T>(kind: Kind<T>, doc: string): Field<T> {
  return { ...readerOf(kind), doc, isRequired: true, shownDefault: '', absent: kind.placeholder };
}

/** A key that may be left out, and then is undefined. */
export function optional<T>(kind: Kind<T>, doc: string): Field<T | undefined> {
  return { ...readerOf<T | undefined>(kind), doc, isRequired: false, shownDefault: '', absent: undefined };
}

/** A key with a default; `shown` where the value does not print as it is written. */
export function defaulting<T>(
  kind: Kind<T>,
  absent: T,
  described: { doc: string; shown?: string },
): Field<T> {
  const shownDefault = described.shown ?? String(absent);
  return { ...readerOf(kind), doc: described.doc, isRequired: false, shownDefault, absent };
}

const readerOf = <T>(kind: {
  type: string;
  read(node: ConfigNode, report: Report): T;
}): Pick<Field<T>, 'type' | 'read'> => ({
  type: kind.type,
  read: (node, report) => kind.read(node, report),
});
