/** Output masks: which fields of a message go out. No mask is all of them (SPIRE: general conventions). */

/** Reads one field of a domain object as it goes on the wire. */
export type FieldReaders<Item, Field extends string> = Readonly<Record<Field, (item: Item) => unknown>>;

type Mask<Field extends string> = Partial<Readonly<Record<Field, boolean>>> | null | undefined;

/** The fields that a mask lets through. */
export const maskedFields = <Item, Field extends string>(
  readers: FieldReaders<Item, Field>,
  mask: Mask<Field>,
): readonly Field[] => (Object.keys(readers) as Field[]).filter((field) => mask?.[field] ?? mask == null);

/** Makes messages of items: what `always` gives, and the fields that the mask lets through. */
export function maskedWriter<Item, Field extends string, Wire extends object>(
  always: (item: Item) => Wire,
  readers: FieldReaders<Item, Field>,
  mask: Mask<Field>,
): (item: Item) => Wire {
  const chosen = maskedFields(readers, mask).map((field) => [field, readers[field]] as const);
  return (item) => {
    const wire = always(item) as Record<string, unknown>;
    for (const [field, read] of chosen) wire[field] = read(item);
    return wire as Wire;
  };
}
