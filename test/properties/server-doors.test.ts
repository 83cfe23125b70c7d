import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { rules } from '../../server/api/gate/rules.ts';
import type { Database } from '../../server/datastore/database.ts';
import { buildCsr } from '../../shared/crypto/csr.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { testDatabase } from '../fakes/database.ts';
import { Endings } from '../fakes/endings.ts';
import {
  identityOf,
  joinAgent,
  type RunningServer,
  startServer,
  testKey,
  WIT_ENABLED,
} from '../fakes/server-under-test.ts';
import { isRefused, isSpiresRefusal, judge } from '../fuzz/judge.ts';
import { RandomMessages, type Rpc, rpcsOf, type Words } from '../fuzz/random-messages.ts';
import { framed, openTls, openUnix, rawCall } from '../fuzz/raw-call.ts';
import { Dice } from '../interop/go-x509/dice.ts';
import { seed } from '../seed.ts';

const BOSS = 'spiffe://example.org/boss';
const CASES = 4; // of each RPC at each door; the slow and the soak suite come again with other seeds
const ID = 'fuzzed-entry';

/** Every service that the descriptor has: what is not served must say so. */
const RPCS: readonly Rpc[] = Object.keys(rules).flatMap(rpcsOf);

describe('every RPC of the server, whatever is sent', () => {
  const endings = new Endings();
  let server: RunningServer;
  let database: Database;
  let doors: Readonly<Record<string, ClientHttp2Session>>;
  let words: Words;

  before(async () => {
    const testing = await testDatabase(endings);
    database = testing.database();
    endings.after(() => database.close());
    const config = {
      adminIds: [SpiffeId.parse(BOSS)],
      auditLogEnabled: true,
      rateLimit: { attestation: false, signing: false },
      wit: WIT_ENABLED,
    };
    const inputMaxBytes = Number.POSITIVE_INFINITY; // all of it comes from one address, as fast as it goes
    server = await startServer(endings, { datastore: await testing.open(), config, inputMaxBytes });
    const joined = await joinAgent(server, 'fuzzed');
    const key = await testKey();
    const csr = await buildCsr(key.signer, { spiffeId: SpiffeId.parse(BOSS) });
    const minted = await server.admin.svid.unary('MintX509SVID', { csr });
    doors = {
      'the admin socket': openUnix(server.socketPath),
      'an administrator': openTls(server.port, identityOf(key, minted.svid?.cert_chain ?? [])),
      'an agent': openTls(server.port, joined.identity),
      nobody: openTls(server.port),
    };
    const parent_id = { trust_domain: 'example.org', path: joined.path };
    const { results } = await server.admin.entry.unary('BatchCreateEntry', {
      entries: [
        {
          id: ID,
          spiffe_id: { trust_domain: 'example.org', path: '/web' },
          parent_id,
          selectors: [{ type: 'a', value: 'b' }],
        },
      ],
    });
    assert.equal(results[0]?.status?.code, 0);
    const { publicKey } = key.signer;
    words = wordsWith({ csr: await key.csr(), named: csr, publicKey, agentPath: joined.path });
  });
  after(async () => {
    for (const session of Object.values(doors)) session.destroy();
    await endings.end();
  });

  const stateOf = async (): Promise<string> => {
    const [row] = await database.query<{ state: string }>(
      `select (select json_agg(head order by name) from feeds)::text || (select count(*) from join_tokens)
        || (select coalesce(sum(sequence_number), 0) from bundles) || (select count(*) from ca_journals) as state`,
    );
    return row?.state ?? '';
  };

  for (const [at, door] of ['an agent', 'nobody', 'an administrator', 'the admin socket'].entries()) {
    it(`is answered at the door of ${door} with a status that is no fault, and changes nothing where it is refused`, async () => {
      const session = doors[door];
      assert.ok(session !== undefined);
      for (const [n, rpc] of RPCS.entries()) {
        for (let which = 0; which < CASES; which += 1) {
          const caseSeed = (seed + at * 1_000_003 + n * 1_009 + which) | 0;
          const body = framed(new RandomMessages(new Dice(caseSeed), words).any(rpc.request));
          const before = await stateOf();
          const outcome = await rawCall(session, { path: rpc.path, body, isStream: rpc.isStream });
          const what = `${rpc.path} with seed ${caseSeed}, ${body.toString('hex').slice(0, 400)}`;
          try {
            judge(rpc, outcome);
            if (isRefused(rpc, outcome) && rpc.name !== 'AttestAgent')
              assert.equal(await stateOf(), before, 'something changed');
          } catch (error) {
            throw new Error(`${what}: ${JSON.stringify(outcome)}`, { cause: error });
          }
        }
      }
    });
  }

  it('leaves a server that serves, and has nothing to regret', async () => {
    assert.equal((await server.admin.health.unary('Check', {})).status, 'SERVING');
    assert.ok((await server.connect().bundle.unary('GetBundle', {})).x509_authorities.length > 0);
    const faults = server.log.lines.filter(
      ({ level, fields }) =>
        level === 'error' && !isSpiresRefusal(String(fields['method']), String(fields['error'])),
    );
    assert.deepEqual(faults, []);
  });
});

interface Known {
  readonly csr: Uint8Array;
  readonly named: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly agentPath: string;
}

const wordsWith = ({ csr, named, publicKey, agentPath }: Known): Words => ({
  trust_domain: [
    'example.org',
    'example.org',
    'example.org',
    'other.org',
    'EXAMPLE.org',
    'spiffe://example.org',
  ],
  path: [
    '/web',
    agentPath,
    '/spire/server',
    '/spire/agent/x',
    '',
    'x',
    '//',
    '/a/../b',
    `/${'p'.repeat(3_000)}`,
  ],
  id: [ID, ID, 'new', 'a/b', 'i'.repeat(256)],
  ids: [ID, 'none'],
  entry_id: [ID, 'none'],
  type: ['unix', 'join_token', 'a', 'a:b', 'aws_iid'],
  value: ['b', 'uid:0', 'v'.repeat(3_000)],
  token: ['', 'fuzz-token', 'a/b', '..'],
  payload: ['fuzz-token', 'fuzzed', 'x'],
  csr: [
    csr,
    named,
    csr.slice(0, 50),
    csr.map((byte, at) => (at === 70 ? byte ^ 1 : byte)),
    new Uint8Array(20_000),
  ],
  audience: ['a', '', 'b'.repeat(9_000), '\u0000'],
  public_key: [publicKey, publicKey.slice(0, 60), publicKey.map((byte, at) => (at === 70 ? byte ^ 1 : byte))],
  signing_algorithm: ['ES256', 'ES256', 'RS256', 'none', ''],
  page_token: ['', '1', '0', '-1', '99999999999999999999', '9223372036854775807'],
  by_expires_before: ['', '2026-01-01 00:00:00 +0000 +00', '9999-99-99 99:99:99 +9999 +99', '2026-01-01'],
  by_attestation_type: ['', 'join_token'],
  dns_names: ['a.example', '*.example', 'xn--a', '-a', `${'l'.repeat(64)}.example`],
  federates_with: ['example.org', 'other.org', 'Other.org'],
  trust_domains: ['example.org', 'other.org'],
  service: ['', 'other'],
  agent_version: ['1.2.3', 'v'.repeat(256)],
});
