/** The SQL of list queries, shared by the stores that page: what they compare is bound, never written into SQL. */
import type { MatchBehavior } from '../entries/entry-filter.ts';
import type { EntryScope } from '../entries/entry-guard.ts';
import type { PageRequest } from '../entries/entry-store.ts';
import { assertNever, invalidArgument } from '../../shared/errors.ts';
import type { Subtree } from '../../shared/spiffe/subtree.ts';

const ROW_ID_MAX = 2n ** 63n - 1n;
const PAGE_MAX = 1_000_000;

/** Conditions joined by AND, with the values that they bind. */
export class Conditions {
  readonly #texts: string[] = [];
  readonly values: unknown[] = [];
  /** By something of which Postgres cannot tell how few rows have it. */
  isSelective = false;

  /** `text` holds `$` where the value goes. */
  add(text: string, value: unknown): void {
    const bound = this.#bind(value);
    this.#texts.push(text.replaceAll('$', () => bound));
  }

  addIf(text: string, value: unknown): void {
    if (value !== undefined) this.add(text, value);
  }

  /** Compares the array `column` as a set. Throws InvalidArgument for the empty set. */
  addSet(column: string, keys: readonly string[], match: MatchBehavior): void {
    const set = [...new Set(keys)].sort();
    if (set.length === 0) throw invalidArgument('filter is an empty set');
    this.add(setCondition(column, match), set);
    this.isSelective = true;
  }

  /** In at least one of the scopes. */
  addScopes(scopes: readonly EntryScope[]): void {
    const texts = scopes.map(({ ids, parents }) => {
      const inParents = parents.length === 0 ? 'true' : this.#anyOf('item.parent_id', parents);
      return `${this.#anyOf('item.spiffe_id', ids)} and ${inParents}`;
    });
    this.#texts.push(texts.length === 0 ? 'false' : `(${texts.join(' or ')})`);
    this.isSelective = true;
  }

  #anyOf(column: string, trees: readonly Subtree[]): string {
    return `(${trees.map((tree) => this.#inSubtree(column, tree)).join(' or ')})`;
  }

  /** The column's order is by bytes, so all that begins with `root/` lies between that and `root0`. */
  #inSubtree(column: string, { root, withRoot, withBelow }: Subtree): string {
    const texts = [
      ...(withRoot ? [`${column} = ${this.#bind(root)}`] : []),
      ...(withBelow
        ? [`(${column} > ${this.#bind(`${root}/`)} and ${column} < ${this.#bind(`${root}0`)})`]
        : []),
    ];
    return `(${texts.join(' or ')})`;
  }

  #bind(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
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

export interface PageQuery {
  readonly table: 'entries' | 'nodes' | 'bundles' | 'federation_relationships';
  readonly columns: string;
  readonly conditions: Conditions;
  readonly page: PageRequest;
}

/** Matches up to this many are sorted; more are met in row order soon enough. */
const FEW = 1_000;

/**
 * A page in row order, of rows that have `row_id` and the columns. Throws InvalidArgument unless the token is a decimal
 * row id.
 *
 * Postgres takes any selector that is not among the most common for one that many rows have, and walks the whole table
 * for the few that do. So where sets are compared, the matches are first looked up through the set's index, up to a
 * number; only when there are more is the table walked.
 */
export function pageSql({ table, columns, conditions, page }: PageQuery): string {
  addPageStart(conditions, page);
  const all = `select item.row_id, ${columns} from ${table} as item where ${conditions.where}`;
  const limit = page.pageSize > 0 ? `limit ${Math.min(Math.trunc(page.pageSize), PAGE_MAX)}` : '';
  if (!conditions.isSelective) return `${all} order by item.row_id ${limit}`;
  return `
    with few as materialized (
      select item.row_id from ${table} as item where ${conditions.where} limit ${FEW + 1}),
    number as (select count(*) as matches from few)
    (select item.row_id, ${columns} from ${table} as item
     where (select matches from number) <= ${FEW} and item.row_id in (select row_id from few order by row_id ${limit}))
    union all
    (${all} and (select matches from number) > ${FEW} order by item.row_id ${limit})
    order by 1`;
}

/** DIVERGES: for SPIRE a page token that is none is Internal; here InvalidArgument. */
function addPageStart(conditions: Conditions, page: PageRequest): void {
  if (page.pageToken === '') return;
  if (!/^\d{1,19}$/.test(page.pageToken) || BigInt(page.pageToken) > ROW_ID_MAX) {
    throw invalidArgument('page token is malformed');
  }
  conditions.add('item.row_id > $::bigint', page.pageToken);
}
