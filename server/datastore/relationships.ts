/** Federation relationships in Postgres. Made by open.ts. */
import type { Relationship } from '../federation/relationship.ts';
import type { RelationshipChanges, RelationshipStore, WithBundle } from '../federation/relationship-store.ts';
import type { Page, PageRequest, Show } from '../entries/entry-store.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { type BundleRow, toBundle } from './bundle-rows.ts';
import type { Database, Queryable } from './database.ts';
import { setBundle } from './federated-bundles.ts';
import { Conditions } from './list-query.ts';
import { LARGE_ROWS, type Lists } from './lists.ts';

interface RelationshipRow {
  readonly row_id: number;
  readonly trust_domain: string;
  readonly bundle_endpoint_url: string;
  readonly endpoint_spiffe_id: string | null;
}

interface RowWithBundle extends RelationshipRow {
  readonly bundle: BundleRow | null;
}

const COLUMNS = 'item.trust_domain, item.bundle_endpoint_url, item.endpoint_spiffe_id';
/** As JSON, which has the columns of the row. */
const BUNDLE =
  '(select to_json(one) from bundles as one where one.trust_domain = item.trust_domain) as bundle';

export class PostgresRelationships implements RelationshipStore {
  readonly #database: Database;
  readonly #lists: Lists;

  constructor(database: Database, lists: Lists) {
    this.#database = database;
    this.#lists = lists;
  }

  create({ relationship, bundle }: WithBundle): Promise<boolean> {
    return this.#database.transaction('read committed', async (tx) => {
      const isNew = await insert(tx, relationship);
      if (isNew && bundle !== undefined) await setBundle(tx, bundle);
      return isNew;
    });
  }

  update(trustDomain: TrustDomain, changes: RelationshipChanges): Promise<WithBundle | undefined> {
    const { bundle, ...fields } = changes;
    return this.#database.transaction('read committed', async (tx) => {
      const [row] = await tx.query<RowWithBundle>(
        `select ${COLUMNS}, ${BUNDLE} from federation_relationships as item
         where item.trust_domain = $1 for update of item`,
        [trustDomain.name],
      );
      if (row === undefined) return undefined;
      const relationship = { ...toRelationship(row), ...fields };
      await write(tx, relationship);
      if (bundle !== undefined) await setBundle(tx, bundle);
      return { relationship, bundle: bundle ?? toWithBundle(row).bundle };
    });
  }

  async delete(trustDomain: TrustDomain): Promise<boolean> {
    const rows = await this.#database.transaction('read committed', (tx) =>
      tx.query('delete from federation_relationships where trust_domain = $1 returning trust_domain', [
        trustDomain.name,
      ]),
    );
    return rows.length > 0;
  }

  async find(trustDomain: TrustDomain): Promise<WithBundle | undefined> {
    const [row] = await this.#database.query<RowWithBundle>(
      `select ${COLUMNS}, ${BUNDLE} from federation_relationships as item where item.trust_domain = $1`,
      [trustDomain.name],
    );
    return row === undefined ? undefined : toWithBundle(row);
  }

  async list<Shown>(page: PageRequest, show: Show<WithBundle, Shown>): Promise<Page<Shown>> {
    const query = {
      table: 'federation_relationships',
      columns: `${COLUMNS}, ${BUNDLE}`,
      conditions: new Conditions(),
      page,
    } as const;
    return this.#lists.read({ query, toItem: toWithBundle, pieceRows: LARGE_ROWS }, show);
  }
}

async function insert(tx: Queryable, relationship: Relationship): Promise<boolean> {
  const rows = await tx.query(
    `insert into federation_relationships (trust_domain, bundle_endpoint_url, endpoint_spiffe_id)
     values ($1, $2, $3) on conflict (trust_domain) do nothing returning trust_domain`,
    valuesOf(relationship),
  );
  return rows.length > 0;
}

async function write(tx: Queryable, relationship: Relationship): Promise<void> {
  await tx.query(
    `update federation_relationships set bundle_endpoint_url = $2, endpoint_spiffe_id = $3 where trust_domain = $1`,
    valuesOf(relationship),
  );
}

const toWithBundle = (row: RowWithBundle): WithBundle => ({
  relationship: toRelationship(row),
  bundle: row.bundle === null ? undefined : toBundle(row.bundle),
});

const valuesOf = ({ trustDomain, bundleEndpointUrl, profile }: Relationship): readonly unknown[] => [
  trustDomain.name,
  bundleEndpointUrl,
  profile.kind === 'https_spiffe' ? profile.endpointSpiffeId.toString() : null,
];

const toRelationship = (row: RelationshipRow): Relationship => ({
  trustDomain: TrustDomain.parse(row.trust_domain),
  bundleEndpointUrl: row.bundle_endpoint_url,
  profile:
    row.endpoint_spiffe_id === null
      ? { kind: 'https_web' }
      : { kind: 'https_spiffe', endpointSpiffeId: SpiffeId.parse(row.endpoint_spiffe_id) },
});
