/** Test databases with something in them, and their configuration. Used by the tests beside it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Counts, restoreDatabase } from '../../../../server/backup.ts';
import { loadServerConfig } from '../../../../server/config.ts';
import { type Datastore, openDatastore } from '../../../../server/datastore/open.ts';
import { BACKUP_TABLES } from '../../../../server/datastore/backup/tables.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { silentLogger } from '../../../../shared/log/logger.ts';
import { systemRandom } from '../../../../shared/random.ts';
import { foreign } from '../../../contracts/federated-bundle-store.ts';
import { createOne, id, newEntry, newNode, trustDomain } from '../../../contracts/samples.ts';
import type { Ending, TestDatabase } from '../../../fakes/database.ts';

/** The database past a pooler, where a restore has to go. */
export const direct = ({ directString }: TestDatabase) => ({ connectionString: directString });

/** The text of a server.conf for the database. */
export const configText = ({ connectionString }: Pick<TestDatabase, 'connectionString'>): string => `
  server { trust_domain = "example.org" data_dir = "/nowhere" }
  plugins {
    DataStore "sql" { plugin_data { database_type = "postgres" connection_string = ${JSON.stringify(connectionString)} } }
    KeyManager "memory" { plugin_data {} }
    NodeAttestor "join_token" { plugin_data {} }
  }`;

/** What backupDatabase and restoreDatabase need. */
export function needsFor(testing: Pick<TestDatabase, 'connectionString'>, path: string) {
  const text = configText(testing);
  const { config } = loadServerConfig({ path: 'server.conf', text, expandEnv: false, environment: {} });
  return { config, path, log: silentLogger, clock: systemClock, random: systemRandom };
}

/** Restores as an operator does: everybody is off the database first. */
export async function restoreInto(
  to: TestDatabase,
  options: { readonly path: string; readonly empties: boolean },
): Promise<Counts> {
  await to.disconnect();
  return restoreDatabase({ ...needsFor(direct(to), options.path), empties: options.empties });
}

/** Opens stores for one deed: nobody is connected afterwards. */
export async function withStores<T>(
  { connectionString }: TestDatabase,
  deed: (store: Datastore) => Promise<T>,
): Promise<T> {
  const store = await openDatastore({
    config: { kind: 'postgres', connectionString, maxOpenConnections: 4 },
    log: silentLogger,
    clock: systemClock,
    random: systemRandom,
    signal: new AbortController().signal,
  });
  try {
    return await deed(store);
  } finally {
    await store.close();
  }
}

/** Some of everything, with `count` entries; every column has values that differ from their defaults. */
export const populate = (testing: TestDatabase, count: number): Promise<void> =>
  withStores(testing, async (store) => {
    const own = trustDomain('example.org');
    await store.bundles.append(own, {
      x509: [{ certificate: Buffer.from('any bytes'), tainted: true }],
      jwt: [{ keyId: 'k "1"', publicKey: Buffer.from([0, 255]), expiresAt: undefined, tainted: false }],
    });
    const relationship = {
      trustDomain: trustDomain('other.org'),
      bundleEndpointUrl: 'https://other.org/',
      profile: { kind: 'https_spiffe', endpointSpiffeId: id('/endpoint') },
    } as const;
    await store.relationships.create({ relationship, bundle: foreign('other.org') });
    const names = Array.from({ length: count }, (_, at) => `w${at}`);
    await store.entries.create(names.map((name) => newEntry(name)));
    const entry = await createOne(
      store.entries,
      newEntry('odd', {
        hint: 'a line\nand "\\u0000" \u{1F511} \\',
        dnsNames: ['a.example', 'b.example'],
        expiresAt: new Date('2199-12-31T23:59:59.999Z'),
        admin: true,
      }),
    );
    await store.entries.delete([entry.id]);
    await createOne(store.entries, { ...entry, id: undefined, spiffeId: id('/odd/again') });
    await store.nodes.attest(newNode('a'), undefined);
    await store.nodes.attest(newNode('b'), undefined);
    await store.nodes.remove(newNode('b').id, 'ban');
    await store.nodes.setPending(newNode('a').id, { serialNumber: '9'.repeat(40), expiresAt: new Date(1) });
    await store.joinTokens.create({ value: 'token', expiresAt: new Date(123_456_789) }, undefined);
    await store.journals.save({
      id: undefined,
      activeAuthorityId: 'aa',
      content: Uint8Array.of(0, 1, 254, 255),
      expiresAt: new Date(1_000),
    });
  });

/** Every row of every table in a backup, as Postgres shows it. */
export async function contentOf(
  testing: TestDatabase,
): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const database = testing.database();
  try {
    const content: Record<string, readonly unknown[]> = {};
    for (const { name, columns, key } of BACKUP_TABLES)
      content[name] = await database.query(`select ${columns} from ${name} order by ${key.column}`);
    return content;
  } finally {
    await database.close();
  }
}

export function temporaryPath(t: Ending): string {
  const directory = mkdtempSync(join(tmpdir(), 'writ-backup-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'writ.backup');
}
