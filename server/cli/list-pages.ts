/** Asks for page after page until there is none. Used by commands that list. */

export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string;
}

/** Every item, in the server's order. Throws when the server gives the same page token twice in a row. */
export async function listPages<T>(ask: (pageToken: string) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let pageToken = '';
  do {
    const { items, next } = await ask(pageToken);
    for (const item of items) all.push(item);
    if (next !== '' && next === pageToken) throw new Error('the server gives the same page again and again');
    pageToken = next;
  } while (pageToken !== '');
  return all;
}
