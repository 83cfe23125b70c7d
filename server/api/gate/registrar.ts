/**
 * What a registrar may do with an entry: the whole judgement, pure. Asked by gate/roles for reads, and by the store inside
 * its transactions for writes.
 *
 * An entry gives an identity away, so more than its own fields decides: an ID that other entries make an administrator or a
 * downstream server, that a configuration gives rights to, or that entries of others hang below, would give away all that.
 */
import { serverId } from '../../../shared/spiffe/reserved.ts';
import { isInSubtree, type Subtree } from '../../../shared/spiffe/subtree.ts';
import type { RegistrarScope } from '../../config/roles-fields.ts';
import type { EntryFields } from '../../entries/entry.ts';
import type { EntryGuard, EntryScope, Surroundings } from '../../entries/entry-guard.ts';

export interface NamedScope extends RegistrarScope {
  /** As the role is called: `registrar "team"`. */
  readonly role: string;
}

/** Whether the configuration gives rights to this SPIFFE ID. */
export type HasRights = (spiffeId: string) => boolean;

export class Registrar implements EntryGuard {
  readonly #scopes: readonly NamedScope[];
  readonly #hasRights: HasRights;

  constructor(scopes: readonly NamedScope[], hasRights: HasRights) {
    this.#scopes = scopes;
    this.#hasRights = hasRights;
  }

  /** What a registrar may read: by ID and parent alone, so that what an administrator did there is no mystery. */
  get readable(): readonly EntryScope[] {
    return this.#scopes;
  }

  canRead({ spiffeId, parentId }: Pick<EntryFields, 'spiffeId' | 'parentId'>): boolean {
    return this.#scopes.some(
      ({ ids, parents }) =>
        isInAny(spiffeId.toString(), ids) && (parents.length === 0 || isInAny(parentId.toString(), parents)),
    );
  }

  whyNot(entry: EntryFields, around: Surroundings): string | undefined {
    const outside = this.#whyNoScopeHas(entry, whyOutside);
    if (outside !== undefined) return outside;
    const id = entry.spiffeId.toString();
    if (this.#isPrivileged(id, around)) return `SPIFFE ID "${id}" has rights of its own`;
    return this.#whyNotAbove(id, around);
  }

  /** The ID brings along what hangs below it: each of those must be one that the registrar could make itself. */
  #whyNotAbove(id: string, around: Surroundings): string | undefined {
    const below = around.below(id);
    if (below === undefined) return `too many entries hang below "${id}"`;
    const isForeign = (entry: EntryFields): boolean =>
      this.#isPrivileged(entry.spiffeId.toString(), around) ||
      this.#whyNoScopeHas(entry, whyOutsideButParent) !== undefined;
    return below.some(isForeign) ? `entries outside this role's scope hang below "${id}"` : undefined;
  }

  #isPrivileged(id: string, around: Surroundings): boolean {
    return this.#hasRights(id) || around.isPrivileged(id);
  }

  /** One scope must have all of it; of several, the one that has the ID says what is missing. */
  #whyNoScopeHas(entry: EntryFields, why: typeof whyOutside): string | undefined {
    const id = entry.spiffeId.toString();
    const [near = this.#scopes[0]] = this.#scopes.filter(({ ids }) => isInAny(id, ids));
    if (near === undefined) return 'it is in no scope';
    return this.#scopes.some((scope) => why(entry, scope) === undefined)
      ? undefined
      : `${why(entry, near)}, as ${near.role} has it`;
  }
}

/** What of the entry is not in the scope; undefined when all of it is. */
export function whyOutside(entry: EntryFields, scope: RegistrarScope): string | undefined {
  const parent = entry.parentId.toString();
  if (parent === serverId(entry.parentId.trustDomain).toString())
    return 'a node alias is outside of the scope';
  if (scope.parents.length > 0 && !isInAny(parent, scope.parents))
    return `parent ID "${parent}" is outside of the scope`;
  return whyOutsideButParent(entry, scope);
}

function whyOutsideButParent(entry: EntryFields, scope: RegistrarScope): string | undefined {
  const id = entry.spiffeId.toString();
  if (!isInAny(id, scope.ids)) return `SPIFFE ID "${id}" is outside of the scope`;
  if (entry.admin) return 'the admin flag is outside of the scope';
  if (entry.downstream) return 'the downstream flag is outside of the scope';
  if (entry.storeSvid) return 'storing SVIDs is outside of the scope';
  const domain = entry.federatesWith.find(({ name }) => !scope.federatesWith.includes(name));
  if (domain !== undefined) return `federating with "${domain}" is outside of the scope`;
  const name = entry.dnsNames.find((dnsName) => !scope.dnsNames.some((pattern) => fits(dnsName, pattern)));
  return name === undefined ? undefined : `DNS name "${name}" is outside of the scope`;
}

const isInAny = (id: string, trees: readonly Subtree[]): boolean =>
  trees.some((tree) => isInSubtree(id, tree));

/** `*.example.org` has every name below `example.org`, wildcards among them, and not `example.org` itself. */
function fits(dnsName: string, pattern: string): boolean {
  const name = dnsName.toLowerCase();
  return name === pattern || (pattern.startsWith('*.') && name.endsWith(pattern.slice(1)));
}
