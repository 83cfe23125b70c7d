/**
 * Which roles a caller has, and what they open (`roles {}` in server.conf). Asked by gate/authorize at every call;
 * `replace` when the configuration was read again. Without any role SPIRE's rule holds, and nobody asks.
 */
import type { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import type { Role } from '../../config/roles-fields.ts';
import type { EntryFilter } from '../../entries/entry-store.ts';
import { Registrar } from './registrar.ts';
import type { Rule } from './rules.ts';

export interface RolesNeeds {
  readonly roles: readonly Role[];
  /** SPIFFE IDs of administrators (`admin_ids`). */
  readonly adminIds: readonly SpiffeId[];
  /** Of the server itself. */
  readonly ownUid: number | undefined;
}

/** What a caller that is no administrator is held to. */
export interface Limits {
  /** Set for those who may see and write some entries only. */
  readonly registrar: Registrar | undefined;
}

/** What a caller's roles open of one RPC. */
export interface Opened {
  /** For the audit log: `admin`, `registrar "team"`; several divided by commas. */
  readonly role: string;
  /** Undefined: an administrator, held to nothing. */
  readonly limits: Limits | undefined;
}

/** Nobody named a role for root and the server's own user: they can read the CA's keys and the database anyway. */
const OWNER: readonly Role[] = [{ kind: 'admin', name: '', spiffeIds: [], unixUsers: [] }];

export class Roles {
  readonly #needs: Omit<RolesNeeds, 'roles'>;
  #roles: readonly Role[] = [];
  #withRights: ReadonlySet<string> = new Set();

  constructor({ roles, ...needs }: RolesNeeds) {
    this.#needs = needs;
    this.replace(roles);
  }

  replace(roles: readonly Role[]): void {
    const bearers = roles.flatMap(({ spiffeIds }) => spiffeIds);
    this.#withRights = new Set([...this.#needs.adminIds, ...bearers].map(String));
    this.#roles = roles;
  }

  get areConfigured(): boolean {
    return this.#roles.length > 0;
  }

  ofId(id: SpiffeId): readonly Role[] {
    return this.#roles.filter(({ spiffeIds }) => spiffeIds.some((one) => one.equals(id)));
  }

  ofUser(uid: number): readonly Role[] {
    const named = this.#roles.filter(({ unixUsers }) => unixUsers.includes(uid));
    return named.length === 0 && (uid === 0 || uid === this.#needs.ownUid) ? OWNER : named;
  }

  /** Undefined when none of the roles opens the RPC. */
  open(rule: Rule, held: readonly Role[]): Opened | undefined {
    if (held.some(({ kind }) => kind === 'admin')) return { role: 'admin', limits: undefined };
    const opening = held.filter(({ kind }) => kind !== 'admin' && rule.roles?.includes(kind) === true);
    if (opening.length === 0) return undefined;
    return { role: opening.map(roleName).join(','), limits: { registrar: this.#registrarOf(opening) } };
  }

  /** None where another role lets the caller see everything. */
  #registrarOf(roles: readonly Role[]): Registrar | undefined {
    const scopes = roles.flatMap((role) =>
      role.kind === 'registrar' ? [{ ...role.scope, role: roleName(role) }] : [],
    );
    return scopes.length === roles.length
      ? new Registrar(scopes, (id) => this.#withRights.has(id))
      : undefined;
  }
}

export const roleName = ({ kind, name }: Role): string => `${kind} "${name}"`;

/** A registrar lists its scope alone: other entries name the selectors that others would have to fake. */
export const readableBy = (limits: Limits | undefined, filter: EntryFilter): EntryFilter =>
  limits?.registrar === undefined ? filter : { ...filter, within: limits.registrar.readable };
