/** The tree that the HCL and JSON readers make: values that know where they stood. */

/** Where something stood; `line` and `column` count from 1, and are 0 for what came from no file (a flag). */
export interface Position {
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

export interface StringNode {
  readonly kind: 'string';
  readonly at: Position;
  readonly value: string;
}

export interface NumberNode {
  readonly kind: 'number';
  readonly at: Position;
  readonly value: number;
  /** As written. */
  readonly text: string;
}

export interface BooleanNode {
  readonly kind: 'boolean';
  readonly at: Position;
  readonly value: boolean;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: Position;
  readonly items: readonly ConfigNode[];
}

export interface ObjectNode {
  readonly kind: 'object';
  readonly at: Position;
  readonly items: readonly ConfigItem[];
}

export type ConfigNode = StringNode | NumberNode | BooleanNode | ListNode | ObjectNode;

/** One entry of an object: `key = value`, or a block with its labels, `key "label" { … }`. */
export interface ConfigItem {
  readonly at: Position;
  readonly key: string;
  readonly labels: readonly string[];
  readonly value: ConfigNode;
}

/** `server.conf:12:3`, or the bare source of what came from no file. */
export function formatPosition(at: Position): string {
  return at.line === 0 ? at.source : `${at.source}:${at.line}:${at.column}`;
}

/** Whether the value says no more than its absence: empty, zero or false. */
export function isZero(node: ConfigNode): boolean {
  switch (node.kind) {
    case 'string':
      return node.value === '';
    case 'number':
      return node.value === 0;
    case 'boolean':
      return !node.value;
    default:
      return node.items.length === 0;
  }
}
