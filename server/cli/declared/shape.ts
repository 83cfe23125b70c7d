/** What a file of declared entries holds: `scope` and `entries`. Read by read.ts, from YAML or JSON. */
import {
  because,
  boolean,
  integer,
  listOf,
  parsed,
  spiffeId,
  text,
  trustDomain,
} from '../../../shared/config/kinds.ts';
import type { ConfigNode, Position } from '../../../shared/config/node.ts';
import { readShape } from '../../../shared/config/read-shape.ts';
import { defaulting, type Field, type Kind, required, type Shape } from '../../../shared/config/shape.ts';
import type { Sink } from '../../../shared/config/sink.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { isInSubtree, type Subtree } from '../../../shared/spiffe/subtree.ts';
import { LAST_SECOND } from '../flags-to-entry.ts';
import { type EntryText, shapeOf, sorted } from './entry-text.ts';

/** Which entries are the file's own: with -prune, those of them that it does not hold are deleted. */
export interface Scope {
  /** Empty: any. */
  readonly spiffeIds: readonly Subtree[];
  readonly parentIds: readonly Subtree[];
}

export interface Declared {
  /** Undefined: the file says nothing of entries that it does not hold. */
  readonly scope: Scope | undefined;
  readonly entries: readonly EntryText[];
}

const ENTRIES_MAX = 10_000; // of one ApplyEntries
const TTL_MAX_SECONDS = 2_147_483_647; // int32 on the wire

export const declaredShape =
  (sink: Sink): Shape<Declared> =>
  (block) => {
    const isScoped = block.isSet('scope');
    const scope = block.block('scope', 'which entries are its own', scopeShape(isScoped));
    const entries = block.field('entries', required(entryList(sink), 'the entries'));
    const declared = { scope: isScoped ? scope : undefined, entries: entries.map(({ entry }) => entry) };
    checkEntries(entries, declared.scope, sink);
    return declared;
  };

const scopeShape =
  (isScoped: boolean): Shape<Scope> =>
  (block) => {
    const scope = {
      spiffeIds: block.field(
        'spiffe_ids',
        defaulting(listOf(subtree), [], { doc: 'SPIFFE IDs, or `…/*`', shown: '' }),
      ),
      parentIds: block.field(
        'parent_ids',
        defaulting(listOf(subtree), [], { doc: 'parent IDs, or `…/*`', shown: '' }),
      ),
    };
    if (isScoped && scope.spiffeIds.length === 0 && scope.parentIds.length === 0)
      block.fault('a scope needs spiffe_ids, parent_ids or both');
    return scope;
  };

export const isInScope = ({ spiffe_id, parent_id }: EntryText, { spiffeIds, parentIds }: Scope): boolean =>
  isInAny(spiffe_id, spiffeIds) && isInAny(parent_id, parentIds);

const isInAny = (id: string, trees: readonly Subtree[]): boolean =>
  trees.length === 0 || trees.some((tree) => isInSubtree(id, tree));

interface Placed {
  readonly at: Position;
  readonly entry: EntryText;
}

const entryList = (sink: Sink): Kind<readonly Placed[]> => ({
  type: 'list of entries',
  placeholder: [],
  read: (node, report) => {
    if (node.kind === 'string' && node.value === '') return [];
    if (node.kind !== 'list' || node.items.length > ENTRIES_MAX) {
      report(node.at, node.kind === 'list' ? `must have at most ${ENTRIES_MAX} entries` : 'must be a list');
      return [];
    }
    return node.items.flatMap((item, at) => readEntry(item, at, sink));
  },
});

function readEntry(node: ConfigNode, at: number, sink: Sink): readonly Placed[] {
  if (sink.isFull) return [];
  if (node.kind === 'object')
    return [{ at: node.at, entry: readShape(node, entryShape, { scope: `entry ${at}`, sink }) }];
  sink.fault(node.at, `entry ${at} must be an object`);
  return [];
}

const entryShape: Shape<EntryText> = (block) => ({
  id: block.field('id', or(text, '')),
  spiffe_id: block.field('spiffe_id', required(spiffeId, 'its SPIFFE ID')).toString(),
  parent_id: block.field('parent_id', required(spiffeId, "its parent's ID")).toString(),
  selectors: sorted(block.field('selectors', required(listOf(selector), 'type:value'))),
  x509_svid_ttl: block.field('x509_svid_ttl', or(integer(0, TTL_MAX_SECONDS), 0)),
  jwt_svid_ttl: block.field('jwt_svid_ttl', or(integer(0, TTL_MAX_SECONDS), 0)),
  federates_with: sorted(block.field('federates_with', or(listOf(trustDomain), [])).map(String)),
  dns_names: [...new Set(block.field('dns_names', or(listOf(text), [])))],
  hint: block.field('hint', or(text, '')),
  expires_at: block.field('expires_at', or(integer(0, LAST_SECOND), 0)),
  admin: block.field('admin', or(boolean, false)),
  downstream: block.field('downstream', or(boolean, false)),
  store_svid: block.field('store_svid', or(boolean, false)),
  disable_x509_svid_prefetch: block.field('disable_x509_svid_prefetch', or(boolean, false)),
  jwt_svid_include_jti: block.field('jwt_svid_include_jti', or(boolean, false)),
});

/** A field that may be left out. */
const or = <T>(kind: Kind<T>, absent: T): Field<T> => defaulting(kind, absent, { doc: '', shown: '' });

const selector: Kind<string> = parsed('selector', 'type:value', (value) =>
  because('must hold selectors', () => {
    parseSelector(value);
    return value;
  }),
);

const subtree: Kind<Subtree> = parsed(
  'SPIFFE ID',
  { root: '', withRoot: false, withBelow: false },
  (value) => {
    const withBelow = value.endsWith('/*');
    const id = because('must hold SPIFFE IDs', () => SpiffeId.parse(withBelow ? value.slice(0, -2) : value));
    return { root: id.toString(), withRoot: !withBelow, withBelow };
  },
);

/** Two entries that mean one, and entries that the file's own scope has not. */
function checkEntries(entries: readonly Placed[], scope: Scope | undefined, sink: Sink): void {
  const seen = new Map<string, Position>();
  for (const { at, entry } of entries) {
    const names = [shapeOf(entry), ...(entry.id === '' ? [] : [entry.id])];
    for (const name of names) {
      const first = seen.get(name);
      if (first === undefined) seen.set(name, at);
      else
        sink.fault(
          at,
          `${name === entry.id ? `id "${name}"` : 'the same entry'} is given twice, first in line ${first.line}`,
        );
    }
    if (scope !== undefined && !isInScope(entry, scope))
      sink.fault(at, 'the entry is outside of the scope of the file');
  }
}
