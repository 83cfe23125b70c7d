/** A tree without its places, for comparing: an object as a list of [key, label…, value]. */
import type { ConfigNode } from '../../../shared/config/node.ts';

export function plain(node: ConfigNode): unknown {
  switch (node.kind) {
    case 'object':
      return node.items.map((item) => [item.key, ...item.labels, plain(item.value)]);
    case 'list':
      return node.items.map(plain);
    default:
      return node.value;
  }
}
