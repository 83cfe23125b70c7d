/** `jwt mint` and `wit mint` against a real server. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { importJWK } from 'jose';
import { serverCommands } from '../../server/cli/commands.ts';
import { publicKeyFromJwk } from '../../shared/crypto/jwk.ts';
import { parseJwtSvid } from '../../shared/svid/jwt-svid.ts';
import { parseWitSvid, type WitSvid } from '../../shared/svid/wit-svid.ts';
import { systemClock } from '../../shared/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { Endings } from '../fakes/endings.ts';
import { type RunningServer, startServer, WIT_ENABLED } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';
import { runScript } from './script.ts';

const program = { name: 'spire-server', commands: serverCommands };
const ID = 'spiffe://example.org/minted';

describe('the commands that mint tokens', () => {
  const endings = new Endings();
  let server: RunningServer;
  let environment: Record<string, string>;

  before(async () => {
    const datastore = new FakeDatastore(systemClock);
    server = await startServer(endings, { datastore, config: { wit: WIT_ENABLED } });
    environment = { SPIRE_SERVER_PRIVATE_SOCKET_TEMPLATE: server.socketPath.replace('api', '%i') };
    mkdirSync(join(server.config.dataDir, 'minted'));
  });
  after(() => endings.end());

  const script = (text: string): Promise<void> =>
    runScript({ program, directory: server.config.dataDir, environment }, text);
  const typed = (...args: readonly string[]) => type(program, [...args, '-instance', 'api'], { environment });

  it('print a JWT-SVID', async () => {
    const { code, out, err } = await typed(
      'jwt',
      'mint',
      '-spiffeID',
      ID,
      '-audience',
      'a',
      '-audience',
      'b',
    );
    assert.deepEqual([code, err], [0, '']);
    const svid = parseJwtSvid(out.trimEnd());
    assert.equal(svid.id.toString(), ID);
    assert.deepEqual(svid.audience, ['a', 'b']);
  });

  it('print it as JSON, fields in order', async () => {
    const { out } = await typed(
      'jwt',
      'mint',
      '-spiffeID',
      ID,
      '-audience',
      'a',
      '-ttl',
      '90s',
      '-output',
      'json',
    );
    assert.match(
      out,
      /^\{"svid":\{"expires_at":"\d+","hint":"","id":\{"path":"\/minted","trust_domain":"example\.org"\},"issued_at":"\d+","token":"[\w.-]+"\}\}\n$/,
    );
    const { svid } = JSON.parse(out) as { svid: Record<string, string> };
    assert.equal(Number(svid['expires_at']) - Number(svid['issued_at']), 90);
  });

  it('write it into a file for its owner alone', async () => {
    await script(`
$ jwt mint -instance api -spiffeID ${ID} -audience a -write DIR/minted/jwt
JWT-SVID written to DIR/minted/jwt`);
    const path = join(server.config.dataDir, 'minted', 'jwt');
    parseJwtSvid(readFileSync(path, 'utf8'));
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  /** The private key belongs to the token's public one, and another reader takes it. */
  const checkKey = async (svid: WitSvid, jwk: Record<string, string>): Promise<void> => {
    assert.deepEqual(publicKeyFromJwk(jwk), svid.proofKey.publicKey);
    assert.ok(typeof jwk['d'] === 'string');
    await importJWK(jwk, svid.proofKey.algorithm);
  };

  it('print a WIT-SVID and its key', async () => {
    const { code, out, err } = await typed('wit', 'mint', '-spiffeID', ID);
    assert.deepEqual([code, err], [0, '']);
    const [token = '', key = '', ...rest] = out.split('\n');
    assert.deepEqual(rest, ['']);
    const svid = parseWitSvid(token);
    assert.equal(svid.proofKey.algorithm, 'ES256');
    await checkKey(svid, JSON.parse(key) as Record<string, string>);
  });

  it('make the key that is asked for', async () => {
    const { out } = await typed('wit', 'mint', '-spiffeID', ID, '-keyType', 'ec-p384', '-output', 'json');
    const json = JSON.parse(out) as { private_key: string; svid: { token: string } };
    assert.deepEqual(Object.keys(json), ['private_key', 'svid']);
    const svid = parseWitSvid(json.svid.token);
    assert.equal(svid.proofKey.algorithm, 'ES384');
    await checkKey(svid, JSON.parse(json.private_key) as Record<string, string>);
    const pss = await typed(
      'wit',
      'mint',
      '-spiffeID',
      ID,
      '-keyType',
      'rsa-2048',
      '-signingAlgorithm',
      'PS256',
    );
    assert.equal(parseWitSvid(pss.out.split('\n')[0] ?? '').proofKey.algorithm, 'PS256');
  });

  it('write both into files for their owner alone', async () => {
    await script(`
$ wit mint -instance api -spiffeID ${ID} -write DIR/minted
WIT-SVID written to DIR/minted/token
Private key written to DIR/minted/key`);
    const path = (name: string): string => join(server.config.dataDir, 'minted', name);
    const svid = parseWitSvid(readFileSync(path('token'), 'utf8'));
    await checkKey(svid, JSON.parse(readFileSync(path('key'), 'utf8')) as Record<string, string>);
    for (const name of ['token', 'key']) assert.equal(statSync(path(name)).mode & 0o777, 0o600);
  });

  it('say when a token ends before it should, and what is wrong', async () => {
    for (const [kind, words] of [
      ['JWT', ['jwt', 'mint', '-audience', 'a']],
      ['WIT', ['wit', 'mint']],
    ] as const) {
      const { code, err } = await typed(...words, '-spiffeID', ID, '-ttl', '9000h');
      assert.equal(code, 0);
      assert.match(
        err,
        new RegExp(
          `^${kind}-SVID lifetime was capped shorter than specified ttl; expires "[\\dT:-]{19}Z"\n$`,
        ),
      );
    }
    await script(`
$ jwt mint -instance api -audience a
! Error: spiffeID must be specified
? 1
$ jwt mint -instance api -spiffeID ${ID}
! Error: at least one audience must be specified
? 1
$ jwt mint -instance api -spiffeID spiffe://other.org/web -audience a
! Error: invalid SPIFFE ID: "spiffe://other.org/web" is not a member of trust domain "example.org"
? 1
$ wit mint -instance api
! Error: spiffeID must be specified
? 1
$ wit mint -instance api -spiffeID ${ID} -keyType ec-p521
! Error: -keyType must be one of ec-p256, ec-p384, rsa-2048, rsa-4096, not "ec-p521"
? 1
$ wit mint -instance api -spiffeID ${ID} -signingAlgorithm EdDSA
! Error: unsupported signing algorithm: EdDSA
? 1
$ wit mint -instance api -spiffeID ${ID} -keyType ec-p384 -signingAlgorithm ES256
! Error: unsupported key type 'ec-p384' for signing algorithm 'ES256'
? 1`);
  });
});
