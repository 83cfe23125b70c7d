/** What a configuration file says, key by key, to be compared with what it says later. Made by load, used by reload. */
import type { ConfigNode, ObjectNode } from './node.ts';

/** Nobody sees the values: there are secrets among them. */
export class FileKeys {
  readonly #values: ReadonlyMap<string, string>;

  constructor(tree: ObjectNode) {
    this.#values = valuesOf(tree);
  }

  /** Keys that say something else, from the top of the file: `server.log_level`, `plugins.KeyManager.disk.plugin_data.keys_path`. */
  changedSince(before: FileKeys): readonly string[] {
    const keys = new Set([...before.#values.keys(), ...this.#values.keys()]);
    return [...keys].filter((key) => before.#values.get(key) !== this.#values.get(key)).sort();
  }
}

/** The text of each value; a key that is given several times has all of them. */
function valuesOf(tree: ObjectNode): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const gather = (node: ConfigNode, path: string): void => {
    if (node.kind !== 'object') {
      values.set(path, `${values.get(path) ?? ''}${JSON.stringify(plainValue(node))}\n`);
      return;
    }
    for (const { key, labels, value } of node.items)
      gather(value, [...(path === '' ? [] : [path]), key, ...labels].join('.'));
  };
  gather(tree, '');
  return values;
}

function plainValue(node: ConfigNode): unknown {
  if (node.kind === 'list') return node.items.map(plainValue);
  if (node.kind !== 'object') return node.value;
  return node.items.map(({ key, labels, value }) => [key, labels, plainValue(value)]);
}
