/** TLS to a Postgres of one's own: whom each sslmode believes, as in lib/pq (SPIRE). */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Database } from '../../../server/datastore/database.ts';
import { openDatastore } from '../../../server/datastore/open.ts';
import { clientConfig, type PostgresConfig } from '../../../server/datastore/postgres.ts';
import { systemClock } from '../../../shared/clock.ts';
import { systemRandom } from '../../../shared/random.ts';
import { FakeLog } from '../../fakes/log.ts';
import { installPgBouncer, startTlsPostgres, type TlsPostgres } from '../pgbouncer/servers.ts';
import { Authority } from './certificates.ts';

const authority = new Authority();
const stranger = new Authority();
let postgres: TlsPostgres;

before(async () => {
  installPgBouncer();
  const server = authority.issue('postgres', 'subjectAltName=DNS:localhost');
  postgres = await startTlsPostgres({ ...server, clientCa: authority.certificate });
});
after(async () => {
  await postgres?.stop();
  authority.remove();
  stranger.remove();
});

interface Attempt {
  readonly host?: string;
  readonly user?: string;
  readonly sslmode: string;
  readonly files?: Partial<Pick<PostgresConfig, 'rootCaPath' | 'clientCertPath' | 'clientKeyPath'>>;
}

const configOf = ({ host = 'localhost', user = 'writ', sslmode, files }: Attempt): PostgresConfig => ({
  kind: 'postgres',
  connectionString: `host=${host} port=${postgres.port} user=${user} password=${postgres.password} dbname=postgres sslmode=${sslmode}`,
  maxOpenConnections: 2,
  ...files,
});

/** The TLS version of the connection, as Postgres sees it. */
async function connect(attempt: Attempt): Promise<string | undefined> {
  const database = new Database(
    { client: clientConfig(configOf(attempt)), maxOpenConnections: 1 },
    new FakeLog(),
  );
  try {
    const sql = 'select version from pg_stat_ssl where pid = pg_backend_pid()';
    const [row] = await database.query<{ version: string | null }>(sql);
    return row?.version ?? undefined;
  } finally {
    await database.close();
  }
}

const ours = { rootCaPath: authority.certificatePath };
const theirs = { rootCaPath: stranger.certificatePath };
/** A name of this machine that the certificate does not have. */
const otherName = '127.0.0.1';

const cases: readonly (readonly [name: string, attempt: Attempt, refused?: RegExp])[] = [
  ['verify-full takes the authority and the name', { sslmode: 'verify-full', files: ours }],
  [
    'verify-full refuses another authority',
    { sslmode: 'verify-full', files: theirs },
    /no TLS .*certificate/,
  ],
  [
    'verify-full refuses an authority that the machine does not know',
    { sslmode: 'verify-full' },
    /no TLS .*certificate/,
  ],
  [
    'verify-full refuses another name',
    { sslmode: 'verify-full', host: otherName, files: ours },
    /no TLS .*altnames/,
  ],
  ['verify-ca takes any name', { sslmode: 'verify-ca', host: otherName, files: ours }],
  ['verify-ca refuses another authority', { sslmode: 'verify-ca', files: theirs }, /no TLS .*certificate/],
  ['require without an authority takes anybody', { sslmode: 'require', host: otherName }],
  ['require with an authority takes any name', { sslmode: 'require', host: otherName, files: ours }],
  [
    'require with an authority refuses another one',
    { sslmode: 'require', files: theirs },
    /no TLS .*certificate/,
  ],
  ['disable is refused by a Postgres that wants TLS', { sslmode: 'disable' }, /database refused the login/],
];

for (const [name, attempt, refused] of cases)
  test(name, async () => {
    if (refused === undefined) assert.equal(await connect(attempt), 'TLSv1.3');
    else await assert.rejects(connect(attempt), { reason: 'DATABASE_UNAVAILABLE', message: refused });
  });

test('a whole datastore opens over TLS, and a login by certificate needs that certificate', async () => {
  const store = await openDatastore({
    config: configOf({ sslmode: 'verify-full', files: ours }),
    log: new FakeLog(),
    clock: systemClock,
    random: systemRandom,
    signal: AbortSignal.timeout(60_000),
  });
  await store.health();
  await store.close();
  await createRole('bycert');

  const login = (commonName: string): Attempt => {
    const { certificate, key } = authority.issue(commonName, 'extendedKeyUsage=clientAuth');
    const [clientCertPath, clientKeyPath] = ['cert', 'key'].map((kind) =>
      join(authority.folder, `${commonName}-${kind}.pem`),
    ) as [string, string];
    writeFileSync(clientCertPath, certificate);
    writeFileSync(clientKeyPath, key);
    return { user: 'bycert', sslmode: 'verify-full', files: { ...ours, clientCertPath, clientKeyPath } };
  };
  assert.equal(await connect(login('bycert')), 'TLSv1.3');
  const refusal = { reason: 'DATABASE_UNAVAILABLE', message: /database refused the login/ };
  await assert.rejects(connect(login('somebody')), refusal);
  await assert.rejects(connect({ user: 'bycert', sslmode: 'verify-full', files: ours }), refusal);
});

async function createRole(name: string): Promise<void> {
  const client = clientConfig(configOf({ sslmode: 'verify-full', files: ours }));
  const database = new Database({ client, maxOpenConnections: 1 }, new FakeLog());
  await database.transaction('read committed', (tx) => tx.query(`create role ${name} login`));
  await database.close();
}
