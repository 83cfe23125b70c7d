/** Conditions of list queries, shared by entries.ts and nodes.ts: what they compare is bound, never written into SQL. */
import type { MatchBehavior } from '../entries/entry-filter.ts';
import type { PageRequest } from '../entries/entry-store.ts';
import { assertNever, invalidArgument } from '../../shared/errors.ts';

const ROW_ID_MAX = 2n ** 63n - 1n;

/** Conditions joined by AND, with the values that they bind. */
export class Conditions {
  readonly #texts: string[] = [];
  readonly values: unknown[] = [];

  /** `text` holds `$` where the value goes. */
  add(text: string, value: unknown): void {
    this.values.push(value);
    this.#texts.push(text.replaceAll('$', `$${this.values.length}`));
  }

  addIf(text: string, value: unknown): void {
    if (value !== undefined) this.add(text, value);
  }

  /** Compares the array `column` as a set. Throws InvalidArgument for the empty set. */
  addSet(column: string, keys: readonly string[], match: MatchBehavior): void {
    const set = [...new Set(keys)].sort();
    if (set.length === 0) throw invalidArgument('filter is an empty set');
    this.add(setCondition(column, match), set);
  }

  get where(): string {
    return this.#texts.length === 0 ? 'true' : this.#texts.join(' and ');
  }
}

/** Each begins with a condition that the GIN index answers; an empty set in the column matches nothing (as in SPIRE). */
function setCondition(column: string, match: MatchBehavior): string {
  switch (match) {
    case 'exact':
      return `(${column} @> $::text[] and ${column} <@ $::text[])`;
    case 'subset':
      return `(${column} && $::text[] and ${column} <@ $::text[])`;
    case 'superset':
      return `${column} @> $::text[]`;
    case 'any':
      return `${column} && $::text[]`;
    default:
      return assertNever(match);
  }
}

/** The page's place in row order; throws InvalidArgument unless the token is a decimal row id. */
export function addPageStart(conditions: Conditions, page: PageRequest): void {
  if (page.pageToken === '') return;
  if (!/^\d{1,19}$/.test(page.pageToken) || BigInt(page.pageToken) > ROW_ID_MAX) {
    throw invalidArgument('page token is malformed');
  }
  conditions.add('item.row_id > $::bigint', page.pageToken);
}

/** `pageSize` 0 is no limit. */
export const limitOf = (page: PageRequest): string =>
  page.pageSize > 0 ? `limit ${Math.min(Math.trunc(page.pageSize), 1_000_000)}` : '';

export const nextPageToken = (rows: readonly { row_id: number | null }[], page: PageRequest): string =>
  page.pageSize > 0 ? String(rows.at(-1)?.row_id ?? '') : '';
