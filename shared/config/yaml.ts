/** YAML 1.2 to the tree that shapes read, so that every fault has its place. Loaded only by commands that are given YAML. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { ConfigFaults } from './faults.ts';
import type { ConfigItem, ConfigNode, ObjectNode, Position } from './node.ts';

const DEPTH_MAX = 20; // of what we ask for, some four

/**
 * The one object that the text holds. Throws ConfigFaults with the place of what cannot be read. Aliases, anchors and tags
 * are refused: a few of them unfold into more than memory holds, or make something else of a value.
 */
export function parseYaml(source: string, text: string): ObjectNode {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false, // each key is compared with each; shapes tell of duplicates
  });
  const reader = new Reader(source, lines);
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) throw fault(reader.place(error.pos[0]), error.message);
  const node = reader.read(document.contents, 0);
  if (node.kind !== 'object') throw fault(node.at, 'the text must hold an object: key: value');
  return node;
}

class Reader {
  readonly #source: string;
  readonly #lines: LineCounter;

  constructor(source: string, lines: LineCounter) {
    this.#source = source;
    this.#lines = lines;
  }

  place(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { source: this.#source, line, column: col };
  }

  read(node: Node | null, depth: number): ConfigNode {
    if (node === null) return { kind: 'string', at: this.place(0), value: '' };
    const at = this.place(node.range?.[0] ?? 0);
    if (depth > DEPTH_MAX) throw fault(at, `values are nested deeper than ${DEPTH_MAX}`);
    if (isAlias(node)) throw fault(at, 'aliases are not taken: write the value out');
    if (node.tag !== undefined || ('anchor' in node && node.anchor !== undefined))
      throw fault(at, 'tags and anchors are not taken');
    if (isSeq<Node | null>(node))
      return { kind: 'list', at, items: node.items.map((item) => this.read(item, depth + 1)) };
    if (isMap<Node, Node | null>(node))
      return { kind: 'object', at, items: node.items.map(({ key, value }) => this.#item(key, value, depth)) };
    if (!isScalar(node)) throw fault(at, 'the value cannot be read');
    return this.#scalar(node.value, node.source ?? '', at);
  }

  #item(key: Node, value: Node | null, depth: number): ConfigItem {
    const at = this.place(key.range?.[0] ?? 0);
    const name = this.read(key, depth + 1);
    if (name.kind !== 'string') throw fault(at, 'a key must be text');
    const given: ConfigNode =
      value === null ? { kind: 'string', at, value: '' } : this.read(value, depth + 1);
    return { at, key: name.value, labels: [], value: given };
  }

  #scalar(value: unknown, text: string, at: Position): ConfigNode {
    if (typeof value === 'number') return { kind: 'number', at, value, text };
    if (typeof value === 'boolean') return { kind: 'boolean', at, value };
    if (typeof value === 'string') return { kind: 'string', at, value };
    if (value === null) return { kind: 'string', at, value: '' };
    throw fault(at, 'the value cannot be read');
  }
}

const fault = (at: Position, message: string): ConfigFaults => new ConfigFaults([{ at, message }]);
