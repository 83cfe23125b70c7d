/** Federation relationships in Postgres. Made by open.ts. */
import type { Relationship } from '../federation/relationship.ts';
import type { RelationshipChanges, RelationshipStore, WithBundle } from '../federation/relationship-store.ts';
import type { Page, PageRequest } from '../entries/entry-store.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { BUNDLE_COLUMNS, type BundleRow, toBundle } from './bundle-rows.ts';
import type { Database, Queryable } from './database.ts';
import { setBundle } from './federated-bundles.ts';
import { Conditions, nextPageToken, pageSql } from './list-query.ts';

interface RelationshipRow {
  readonly row_id: number;
  readonly trust_domain: string;
  readonly bundle_endpoint_url: string;
  readonly endpoint_spiffe_id: string | null;
}

const COLUMNS = 'item.trust_domain, item.bundle_endpoint_url, item.endpoint_spiffe_id';

export class PostgresRelationships implements RelationshipStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
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
      const [row] = await tx.query<RelationshipRow>(
        `select ${COLUMNS} from federation_relationships as item where item.trust_domain = $1 for update`,
        [trustDomain.name],
      );
      if (row === undefined) return undefined;
      const relationship = { ...toRelationship(row), ...fields };
      await write(tx, relationship);
      if (bundle !== undefined) await setBundle(tx, bundle);
      return withBundle(relationship, bundle === undefined ? await readBundles(tx, [row]) : [bundle]);
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
    const conditions = new Conditions();
    conditions.add('item.trust_domain = $', trustDomain.name);
    const [found] = (await this.#read(conditions, { pageSize: 1, pageToken: '' })).items;
    return found;
  }

  async list(page: PageRequest): Promise<Page<WithBundle>> {
    return this.#read(new Conditions(), page);
  }

  /** In one view of the database. */
  #read(conditions: Conditions, page: PageRequest): Promise<Page<WithBundle>> {
    const sql = pageSql({ table: 'federation_relationships', columns: COLUMNS, conditions, page });
    return this.#database.transaction('snapshot', async (tx) => {
      const rows = await tx.query<RelationshipRow>(sql, conditions.values);
      const bundles = await readBundles(tx, rows);
      return {
        items: rows.map((row) => withBundle(toRelationship(row), bundles)),
        nextPageToken: nextPageToken(rows, page),
      };
    });
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

async function readBundles(
  tx: Queryable,
  rows: readonly Pick<RelationshipRow, 'trust_domain'>[],
): Promise<readonly Bundle[]> {
  const names = rows.map(({ trust_domain }) => trust_domain);
  const sql = `select ${BUNDLE_COLUMNS} from bundles where trust_domain = any($1)`;
  return names.length === 0 ? [] : (await tx.query<BundleRow>(sql, [names])).map(toBundle);
}

const withBundle = (relationship: Relationship, bundles: readonly Bundle[]): WithBundle => ({
  relationship,
  bundle: bundles.find(({ trustDomain }) => trustDomain.equals(relationship.trustDomain)),
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
