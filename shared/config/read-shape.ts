/** Reads a parsed file through its shape: every fault goes to the sink, unknown keys included. Called by load. */
import { nameOf } from './kinds.ts';
import { isZero, type ConfigItem, type ConfigNode, type ObjectNode, type Position } from './node.ts';
import { checkCount, type EnabledPlugin } from './plugin-count.ts';
import { readPlugin } from './read-plugin.ts';
import type { Block, Field, Labelled, Plugin, PluginSpec, Shape } from './shape.ts';
import type { Sink } from './sink.ts';
import { nearest } from './suggest.ts';

/** One place where a key was given; labels are folded into the value, `a "b" {}` like `a { b {} }`. */
interface Occurrence {
  readonly at: Position;
  readonly value: ConfigNode;
}

export interface ReadContext {
  /** As messages name the object: `server`, `KeyManager "disk"`. */
  readonly scope: string;
  readonly sink: Sink;
}

/** What the shape makes of the object; placeholders stand for what is at fault. */
export function readShape<T>(node: ObjectNode, shape: Shape<T>, context: ReadContext): T {
  const block = new ReadingBlock(node, context);
  const value = shape(block);
  block.reportUnknown();
  return value;
}

class ReadingBlock implements Block {
  readonly #at: Position;
  readonly #scope: string;
  readonly #sink: Sink;
  readonly #occurrences = new Map<string, Occurrence[]>();
  readonly #known = new Set<string>();

  constructor(node: ObjectNode, context: ReadContext) {
    this.#at = node.at;
    this.#scope = context.scope;
    this.#sink = context.sink;
    for (const item of node.items) {
      const before = this.#occurrences.get(item.key);
      const occurrence = { at: item.at, value: foldLabels(item) };
      if (before === undefined) this.#occurrences.set(item.key, [occurrence]);
      else before.push(occurrence);
    }
    for (const [key, value] of context.sink.overrides.get(context.scope) ?? []) {
      this.#occurrences.set(key, [{ at: value.at, value }]);
    }
  }

  field<T>(key: string, field: Field<T>): T {
    const found = this.#single(key);
    if (found === undefined || (found.value.kind === 'string' && found.value.value === '')) {
      if (field.isRequired) this.#missing(key, found?.value.at);
      return field.absent;
    }
    return field.read(found.value, (at, predicate) =>
      this.#sink.fault(at, `${this.#name(key)} ${predicate}`),
    );
  }

  block<T>(key: string, _doc: string, shape: Shape<T>): T {
    const scope = this.#scope === '' ? key : `${this.#scope}.${key}`;
    return readShape(this.#object(key), shape, { scope, sink: this.#sink });
  }

  labelled<T>(key: string, _doc: string, shape: Shape<T>): readonly Labelled<T>[] {
    this.#known.add(key);
    const found: Labelled<T>[] = [];
    for (const { name, body } of this.#labelled(key)) {
      const scope = `${this.#scope}.${key} "${name.key.slice(0, 64)}"`;
      if (found.some((other) => other.name === name.key))
        this.#sink.fault(name.at, `${scope} is given twice`);
      found.push({
        name: name.key,
        value: readShape({ ...body, at: name.at }, shape, { scope, sink: this.#sink }),
      });
    }
    return found;
  }

  plugins<T>(type: string, spec: PluginSpec<T>): readonly Plugin<T>[] {
    this.#known.add(type);
    const ready: Plugin<T>[] = [];
    const enabled: EnabledPlugin[] = [];
    for (const { name, body } of this.#labelled(type)) {
      const readout = readPlugin({ type, name, body }, spec, {
        sink: this.#sink,
        read: (node, shape, scope) => readShape(node, shape, { scope, sink: this.#sink }),
      });
      if (readout.kind === 'ready') ready.push(readout.plugin);
      if (readout.kind !== 'ignored') enabled.push({ name: name.key, at: name.at });
    }
    checkCount({ type, spec, enabled, at: this.#at }, this.#sink);
    return ready;
  }

  withoutEffect(key: string): void {
    const found = this.#single(key);
    if (found !== undefined && !isZero(found.value)) this.warn(`${this.#name(key)} has no effect yet`, key);
  }

  notSupported(key: string): void {
    const found = this.#single(key);
    if (found !== undefined && !isZero(found.value))
      this.fault(`${this.#name(key)} is not supported yet`, key);
  }

  isSet(key: string): boolean {
    this.#known.add(key);
    return (this.#occurrences.get(key) ?? []).some((occurrence) => !isZero(occurrence.value));
  }

  isGiven(key: string): boolean {
    this.#known.add(key);
    return this.#occurrences.has(key);
  }

  fault(message: string, key?: string): void {
    this.#sink.fault(this.#placeOf(key), message);
  }

  warn(message: string, key?: string): void {
    this.#sink.warn(this.#placeOf(key), message);
  }

  /** Faults every key that the shape did not ask for. */
  reportUnknown(): void {
    for (const [key, [first]] of this.#occurrences) {
      if (first === undefined || this.#known.has(key) || this.#sink.isFull) continue;
      const where = this.#scope === '' ? 'at the top level' : `in ${this.#scope}`;
      const near = nearest(key, this.#known);
      const hint = near === undefined ? '' : `; did you mean "${near}"?`;
      this.#sink.fault(first.at, `unknown key ${JSON.stringify(key.slice(0, 64))} ${where}${hint}`);
    }
  }

  #name(key: string): string {
    return this.#scope === '' ? `"${key}"` : `"${key}" in ${this.#scope}`;
  }

  #missing(key: string, at: Position = this.#at): void {
    this.#sink.fault(at, `${this.#name(key)} is missing`);
  }

  #placeOf(key: string | undefined): Position {
    const first = key === undefined ? undefined : this.#occurrences.get(key)?.[0];
    return first?.at ?? this.#at;
  }

  #single(key: string): Occurrence | undefined {
    this.#known.add(key);
    const [first, second] = this.#occurrences.get(key) ?? [];
    if (first !== undefined && second !== undefined) {
      this.#sink.fault(second.at, `${this.#name(key)} is given twice, first in line ${first.at.line}`);
    }
    return first;
  }

  #object(key: string): ObjectNode {
    const found = this.#single(key);
    if (found === undefined) return { kind: 'object', at: this.#at, items: [] };
    if (found.value.kind === 'list' && isZero(found.value))
      return { kind: 'object', at: found.at, items: [] };
    const [first, second] = objectsOf(found.value);
    if (first === undefined)
      this.#sink.fault(found.value.at, `${this.#name(key)} must be a block, not ${nameOf(found.value)}`);
    if (second !== undefined) this.#sink.fault(second.at, `${this.#name(key)} is given twice`);
    return first ?? { kind: 'object', at: found.value.at, items: [] };
  }

  /** `Type "name" { … }`, or the same nested: as blocks, or as JSON objects and lists of them. */
  *#labelled(type: string): Generator<{ name: ConfigItem; body: ObjectNode }> {
    for (const { at, value } of this.#occurrences.get(type) ?? []) {
      const named = objectsOf(value).flatMap((object) => object.items);
      if (named.length === 0 && !isZero(value))
        this.#sink.fault(at, `${this.#name(type)} needs a name: ${type} "name" { … }`);
      for (const name of named) {
        const bodies = objectsOf(name.value);
        if (bodies.length === 0)
          this.#sink.fault(
            name.value.at,
            `${type} "${name.key.slice(0, 64)}" must be a block, not ${nameOf(name.value)}`,
          );
        for (const body of bodies) yield { name, body };
      }
    }
  }
}

function foldLabels(item: ConfigItem): ConfigNode {
  return item.labels.reduceRight<ConfigNode>(
    (value, key) => ({
      kind: 'object',
      at: item.at,
      items: [{ at: item.at, key, labels: [], value: value }],
    }),
    item.value,
  );
}

/** The value as objects: itself, or those of a list of objects (as JSON writes repeated blocks); none otherwise. */
function objectsOf(value: ConfigNode): readonly ObjectNode[] {
  if (value.kind === 'object') return [value];
  if (value.kind !== 'list') return [];
  const objects = value.items.filter((item) => item.kind === 'object');
  return objects.length === value.items.length ? objects : [];
}
