/** The keys of `server { roles {} }`: who may do less than an administrator. Writ's own; read by gate/roles. */
import { because, listOf, parsed } from '../../shared/config/kinds.ts';
import { type Block, defaulting, type Kind, type Labelled, type Shape } from '../../shared/config/shape.ts';
import { checkPath } from '../../shared/spiffe/path.ts';
import { checkWorkloadId, serverId } from '../../shared/spiffe/reserved.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Subtree } from '../../shared/spiffe/subtree.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { findUserId } from '../../shared/user-ids.ts';

export interface RoleBearers {
  readonly spiffeIds: readonly SpiffeId[];
  /** User ids of callers on the admin socket. */
  readonly unixUsers: readonly number[];
}

/** Which entries a registrar may make, change and delete. */
export interface RegistrarScope {
  /** Where the SPIFFE ID must be. */
  readonly ids: readonly Subtree[];
  /** Where the parent ID must be; empty: anywhere but at the server. */
  readonly parents: readonly Subtree[];
  /** Names of trust domains. */
  readonly federatesWith: readonly string[];
  /** A name, or `*.` and the name that it must end with; lower case. */
  readonly dnsNames: readonly string[];
}

export type Role = RoleBearers & { readonly name: string } & (
    | { readonly kind: 'viewer' | 'operator' | 'admin' }
    | { readonly kind: 'registrar'; readonly scope: RegistrarScope }
  );

export type RoleKind = Role['kind'];

/** Overflow ids of user namespaces: whoever the kernel cannot name (user_namespaces(7)). */
const NOBODYS_UID = 65_534;
const UID_MAX = 4_294_967_294; // (uid_t) -1 is no user
/** Of one key: each costs at every call of whoever has the role. */
const LIST_MAX = 100;

/** Empty: there are none, and SPIRE's rule holds. */
export const rolesShape =
  (trustDomain: TrustDomain): Shape<readonly Role[]> =>
  (block) => [
    ...rolesOf('viewer', block.labelled('viewer', VIEWER, bearersShape(trustDomain))),
    ...block
      .labelled('registrar', REGISTRAR, registrarShape(trustDomain))
      .map(({ name, value }) => ({ kind: 'registrar' as const, name, ...value })),
    ...rolesOf('operator', block.labelled('operator', OPERATOR, bearersShape(trustDomain))),
    ...rolesOf('admin', block.labelled('admin', ADMIN, bearersShape(trustDomain))),
  ];

const VIEWER = 'may read everything that administrators may read, and change nothing';
const REGISTRAR =
  'may list, make, change and delete the entries in its scope, never with admin, downstream, storeSVID or the server as ' +
  'parent, nor with an ID that has rights of its own or that entries outside the scope hang below';
const OPERATOR =
  'may list, show, ban, evict and purge agents, and make join tokens whose value is random and which give no further ID';
const ADMIN = 'may do everything, as `admin_ids`';

function rolesOf<K extends 'viewer' | 'operator' | 'admin'>(
  kind: K,
  labelled: readonly Labelled<RoleBearers>[],
): readonly Role[] {
  return labelled.map(({ name, value }) => ({ kind, name, ...value }));
}

const bearersShape =
  (trustDomain: TrustDomain): Shape<RoleBearers> =>
  (block) => {
    const bearers = {
      spiffeIds: block.field(
        'spiffe_ids',
        defaulting(few(bearerId(trustDomain)), [], {
          doc: 'who has it over mTLS: workloads of this trust domain',
          shown: '',
        }),
      ),
      unixUsers: block.field(
        'unix_users',
        defaulting(few(unixUser), [], {
          doc: 'who has it on the admin socket: names in /etc/passwd or numbers',
          shown: '',
        }),
      ),
    };
    if (!block.isSet('spiffe_ids') && !block.isSet('unix_users'))
      block.fault('nobody has this role: give spiffe_ids or unix_users');
    return bearers;
  };

const registrarShape =
  (trustDomain: TrustDomain): Shape<RoleBearers & { readonly scope: RegistrarScope }> =>
  (block) => {
    const bearers = bearersShape(trustDomain)(block);
    const paths = block.field(
      'path_prefixes',
      defaulting(few(pathPrefix(trustDomain)), [], {
        doc: 'paths such as `/team`: SPIFFE IDs of its entries are there or below; without one, any path',
        shown: '',
      }),
    );
    const parents = block.field(
      'parents',
      defaulting(few(parentId(trustDomain)), [], {
        doc: 'parent IDs of its entries; `…/*` for all below one; without one, any but the server',
        shown: '',
      }),
    );
    if (!block.isSet('path_prefixes') && !block.isSet('parents'))
      block.fault('a registrar needs a scope: give path_prefixes, parents or both');
    return {
      ...bearers,
      scope: { ids: paths.length > 0 ? paths : [allOf(trustDomain)], parents, ...extras(block) },
    };
  };

const extras = (block: Block): Pick<RegistrarScope, 'federatesWith' | 'dnsNames'> => ({
  federatesWith: block.field(
    'federates_with',
    defaulting(few(trustDomainName), [], {
      doc: 'trust domains that its entries may federate with',
      shown: '',
    }),
  ),
  dnsNames: block.field(
    'dns_names',
    defaulting(few(dnsPattern), [], {
      doc: 'DNS names that its entries may have; `*.example.org` for all below `example.org`',
      shown: '',
    }),
  ),
});

const allOf = (trustDomain: TrustDomain): Subtree => ({
  root: trustDomain.id,
  withRoot: true,
  withBelow: true,
});

function few<T>(kind: Kind<T>): Kind<readonly T[]> {
  const list = listOf(kind);
  return {
    ...list,
    read: (node, report) => {
      const values = list.read(node, report);
      if (values.length > LIST_MAX) report(node.at, `must have at most ${LIST_MAX} values`);
      return values;
    },
  };
}

/** Below /spire are agents, whose bans would not count here. */
const bearerId = (trustDomain: TrustDomain): Kind<SpiffeId> =>
  parsed('SPIFFE ID', SpiffeId.parse('spiffe://placeholder/any'), (value) =>
    because('must hold SPIFFE IDs of workloads', () => checkWorkloadId(SpiffeId.parse(value), trustDomain)),
  );

const unixUser: Kind<number> = parsed('user', 0, (value) => {
  const uid = /^\d{1,10}$/.test(value) ? Number(value) : findUserId(value);
  if (uid === undefined)
    throw new Error(`must hold users: /etc/passwd has no ${JSON.stringify(value.slice(0, 64))}`);
  if (uid === NOBODYS_UID || uid > UID_MAX)
    throw new Error(`must not hold user ${uid}: the kernel calls every user so whom it cannot name`);
  return uid;
});

const pathPrefix = (trustDomain: TrustDomain): Kind<Subtree> =>
  parsed('path', allOf(trustDomain), (value) => {
    if (value === '/') return allOf(trustDomain);
    const path = value.endsWith('/') ? value.slice(0, -1) : value;
    because('must hold paths', () => checkPath(path));
    return { root: trustDomain.id + path, withRoot: true, withBelow: true };
  });

const parentId = (trustDomain: TrustDomain): Kind<Subtree> =>
  parsed('SPIFFE ID', allOf(trustDomain), (value) => {
    const withBelow = value.endsWith('/*');
    const id = because('must hold SPIFFE IDs', () => SpiffeId.parse(withBelow ? value.slice(0, -2) : value));
    if (!id.isMemberOf(trustDomain)) throw new Error(`must hold SPIFFE IDs of trust domain "${trustDomain}"`);
    if (id.equals(serverId(trustDomain)))
      throw new Error('must not hold the server: its entries are node aliases');
    return { root: id.toString(), withRoot: !withBelow, withBelow };
  });

const trustDomainName: Kind<string> = parsed('trust domain', '', (value) =>
  because('must hold trust domains', () => TrustDomain.parse(value).name),
);

/** As entries may have them, so that a pattern that can never fit is told. */
const dnsPattern: Kind<string> = parsed('DNS name', '', (value) => {
  const name = value.toLowerCase();
  if (!/^(?:\*\.)?(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/.test(name) || name.length > 253)
    throw new Error('must hold DNS names, with a wildcard as the whole first label alone');
  return name;
});
