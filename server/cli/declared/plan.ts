/** What has to happen so that entries are as a file declares them. Pure; used by `entry apply`. */
import type { EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import { differing, type EntryText, shapeOf, textOfWire } from './entry-text.ts';
import { type Declared, isInScope } from './shape.ts';

export interface Existing {
  /** As the server has it. */
  readonly known: EntryOutput;
  readonly entry: EntryText;
}

export interface Plan {
  readonly creates: readonly EntryText[];
  readonly updates: readonly (Existing & {
    readonly after: EntryText;
    readonly fields: readonly (keyof EntryText)[];
  })[];
  readonly deletes: readonly Existing[];
  readonly unchanged: readonly Existing[];
}

export const isEmpty = ({ creates, updates, deletes }: Plan): boolean =>
  creates.length + updates.length + deletes.length === 0;

/**
 * An entry of the file is one of the server's by its ID; without one, by SPIFFE ID, parent and selectors. `prune`: what
 * is in the file's scope, and not in the file, is deleted.
 */
export function planOf(declared: Declared, found: readonly EntryOutput[], prune: boolean): Plan {
  const existing = found.map((known): Existing => ({ known, entry: textOfWire(known) }));
  const matched = match(declared.entries, existing);
  const taken = new Set(matched.values());
  const changes = declared.entries.flatMap((after) => {
    const one = matched.get(after);
    return one === undefined ? [] : [{ ...one, after, fields: differing(one.entry, after) }];
  });
  const { scope } = declared;
  return {
    creates: declared.entries.filter((entry) => !matched.has(entry)),
    updates: changes.filter(({ fields }) => fields.length > 0),
    unchanged: changes.filter(({ fields }) => fields.length === 0),
    deletes:
      prune && scope !== undefined
        ? existing.filter((one) => !taken.has(one) && isInScope(one.entry, scope))
        : [],
  };
}

/** By ID first, so that no entry without one takes another's place. */
function match(
  entries: readonly EntryText[],
  existing: readonly Existing[],
): ReadonlyMap<EntryText, Existing> {
  const byId = new Map(existing.map((one) => [one.entry.id, one]));
  const matched = new Map<EntryText, Existing>();
  for (const entry of entries) {
    const one = entry.id === '' ? undefined : byId.get(entry.id);
    if (one !== undefined) matched.set(entry, one);
  }
  const taken = new Set(matched.values());
  const byShape = new Map<string, Existing>();
  for (const one of existing) {
    const shape = shapeOf(one.entry);
    if (!taken.has(one) && !byShape.has(shape)) byShape.set(shape, one);
  }
  for (const entry of entries) {
    const one = entry.id === '' ? byShape.get(shapeOf(entry)) : undefined;
    if (one !== undefined) matched.set(entry, one);
  }
  return matched;
}
