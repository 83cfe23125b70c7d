/**
 * The whole provider beside a whole server: JWT-SVIDs that the server mints are verified by jose, which finds the keys
 * through discovery over HTTPS, as any relying party of OIDC does.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createRemoteJWKSet, customFetch, errors, type FetchImplementation, jwtVerify } from 'jose';
import { loadOidcConfig } from '../../../server/oidc/config.ts';
import { createOidcProvider } from '../../../server/oidc/provider.ts';
import type { KeyType } from '../../../shared/crypto/signer.ts';
import { systemClock } from '../../../shared/clock.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeDatastore } from '../../fakes/datastore.ts';
import { FakeLog } from '../../fakes/log.ts';
import { type RunningServer, startServer } from '../../fakes/server-under-test.ts';
import { ServingFiles } from './serving-files.ts';

const NAME = 'oidc.example.org';
const ISSUER = 'https://login.example.org/tenant';
const AUDIENCE = 'relying-party';
/** That look at something by the clock: at the keys and at the certificate. */
const LOOPS = 2;
const SUBJECT = 'spiffe://example.org/web';

/** Goes to this machine whatever the URL says, and believes this authority alone. */
const fetchFrom =
  (ca: string): FetchImplementation =>
  async (url) => {
    const { port, hostname, pathname, host } = new URL(url);
    const asked = request({
      host: '127.0.0.1',
      port,
      servername: hostname,
      path: pathname,
      ca,
      headers: { host },
      agent: false,
    });
    asked.end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const body = Buffer.concat(await response.toArray());
    return new Response(body, { status: response.statusCode ?? 0 });
  };

interface Setting {
  readonly keyType: KeyType;
  /** Of the server's tokens; without it, the provider's own address. */
  readonly issuer?: string | undefined;
  readonly more?: string;
}

/** The provider first: it listens while there is no server yet. */
async function start(t: TestContext, setting: Setting) {
  const { keyType, issuer, more = '' } = setting;
  const files = await ServingFiles.make(t, [NAME]);
  const socketPath = `${files.directory}/api.sock`;
  const text = `
    domains = ["${NAME}"]
    serving_cert_file {
      cert_file_path = "${files.certificatePath}" key_file_path = "${files.keyPath}" addr = "127.0.0.1:0"
    }
    server_api { address = "unix://${socketPath}" }
    ${more}`;
  const [clock, log] = [new FakeClock(new Date()), new FakeLog()];
  const { config } = loadOidcConfig({ path: 'oidc.conf', text });
  const provider = createOidcProvider({ config, log, clock });
  t.after(() => provider.stop());
  const { port } = await provider.start();
  const address = `https://${NAME}:${port}`;
  const jwt = {
    isEnabled: true,
    keyType,
    issuer: 'issuer' in setting ? issuer : address,
    defaultTtlSeconds: 300,
  };
  const datastore = new FakeDatastore(systemClock);
  const server = await startServer(t, { datastore, config: { jwt, socketPath } });
  const published = () => log.messages('info').filter((message) => message === 'keys published').length;
  /** The next look at the server's bundle, which has changed. */
  const poll = async (): Promise<void> => {
    const before = published();
    await clock.until(() => clock.sleeping === LOOPS);
    await clock.advance(10_000);
    await clock.until(() => published() > before);
  };
  await poll();
  return { server, poll, address, log, fetch: fetchFrom(files.caPem) };
}

async function mint({ admin }: RunningServer): Promise<string> {
  const id = { trust_domain: 'example.org', path: '/web' };
  const { svid } = await admin.svid.unary('MintJWTSVID', { id, audience: [AUDIENCE] });
  return svid?.token ?? assert.fail('no SVID');
}

/** A relying party: discovery, then keys, then the token. */
async function relyingParty({
  address,
  fetch,
}: Pick<Awaited<ReturnType<typeof start>>, 'address' | 'fetch'>) {
  const found = await fetch(`${address}/.well-known/openid-configuration`, {} as never);
  assert.equal(found.status, 200);
  const { issuer, jwks_uri: uri } = (await found.json()) as { issuer: string; jwks_uri: string };
  const keys = createRemoteJWKSet(new URL(uri), { [customFetch]: fetch, cooldownDuration: 0 });
  const verify = async (token: string) => {
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, audience: AUDIENCE });
    assert.equal(payload.sub, SUBJECT);
    return protectedHeader;
  };
  return { issuer, keys, verify };
}

describe('the OIDC discovery provider', () => {
  for (const [keyType, algorithm] of [
    ['rsa-2048', 'RS256'],
    ['ec-p256', 'ES256'],
    ['ec-p384', 'ES384'],
  ] as const)
    it(`lets jose verify a JWT-SVID by ${algorithm}, before and after keys rotate`, async (t) => {
      const started = await start(t, { keyType, issuer: ISSUER, more: `jwt_issuer = "${ISSUER}"` });
      const { issuer, verify } = await relyingParty(started);
      assert.equal(issuer, ISSUER);
      const old = await mint(started.server);
      const before = await verify(old);
      assert.equal(before.alg, algorithm);
      const { localAuthority } = started.server.admin;
      const { prepared_authority: next } = await localAuthority.unary('PrepareJWTAuthority', {});
      await started.poll();
      await localAuthority.unary('ActivateJWTAuthority', { authority_id: next?.authority_id ?? '' });
      const after = await verify(await mint(started.server));
      assert.deepEqual([after.kid, after.alg], [next?.authority_id, algorithm]);
      assert.notEqual(after.kid, before.kid);
      assert.equal((await verify(old)).kid, before.kid);
    });

  it('is the issuer itself where none is named', async (t) => {
    const started = await start(t, { keyType: 'ec-p256', more: 'set_key_use = true' });
    const { issuer, verify } = await relyingParty(started);
    assert.equal(issuer, started.address);
    await verify(await mint(started.server));
  });

  it('has the keys of tokens without an issuer, for who asks for none', async (t) => {
    const started = await start(t, { keyType: 'ec-p256', issuer: undefined });
    const { keys, verify } = await relyingParty(started);
    const token = await mint(started.server);
    const { payload } = await jwtVerify(token, keys, { audience: AUDIENCE });
    assert.deepEqual([payload.sub, payload.iss], [SUBJECT, undefined]);
    await assert.rejects(verify(token), errors.JWTClaimValidationFailed);
  });

  it('leaves a token of a revoked key without a key, and one of a tainted key with it', async (t) => {
    const started = await start(t, { keyType: 'ec-p256' });
    const { verify } = await relyingParty(started);
    const token = await mint(started.server);
    const { kid = '' } = await verify(token);
    const { localAuthority } = started.server.admin;
    const { prepared_authority: next } = await localAuthority.unary('PrepareJWTAuthority', {});
    await localAuthority.unary('ActivateJWTAuthority', { authority_id: next?.authority_id ?? '' });
    await localAuthority.unary('TaintJWTAuthority', { authority_id: kid });
    await started.poll();
    await (await relyingParty(started)).verify(token);
    await localAuthority.unary('RevokeJWTAuthority', { authority_id: kid });
    await started.poll();
    const { verify: verifyAnew } = await relyingParty(started);
    await assert.rejects(verifyAnew(token), errors.JWKSNoMatchingKey);
  });

  it('runs by the example, with its places put where a test has them, and answers probes', async (t) => {
    const files = await ServingFiles.make(t, [NAME]);
    const bundle = join(files.directory, 'bundle.json');
    writeFileSync(bundle, '{"keys":[]}');
    const places: readonly (readonly [RegExp, string])[] = [
      [/"[^"]*fullchain\.pem"/, `"${files.certificatePath}"`],
      [/"[^"]*privkey\.pem"/, `"${files.keyPath}"`],
      [/":443"/, '"127.0.0.1:0"'],
      [/server_api \{[^}]*\}/, `file { path = "${bundle}" }`],
    ];
    const example = readFileSync(
      join(import.meta.dirname, '../../../deploy/config/oidc-discovery-provider.conf'),
      'utf8',
    );
    const text = places.reduce((changed, [place, other]) => {
      assert.match(changed, place);
      return changed.replace(place, other);
    }, example);
    const { config, warnings } = loadOidcConfig({ path: 'example', text });
    assert.deepEqual([warnings, config.probes?.bindPort], [[], 8_008]);
    const log = new FakeLog();
    const probes = { bindPort: 0, readyPath: '/ready', livePath: '/live' };
    const provider = createOidcProvider({ config: { ...config, probes }, log, clock: systemClock });
    t.after(() => provider.stop());
    const { port } = await provider.start();
    const fetchHere = fetchFrom(files.caPem);
    const document = await (
      await fetchHere(`https://${NAME}:${port}/.well-known/openid-configuration`, {} as never)
    ).json();
    assert.equal((document as { issuer: string }).issuer, `https://${NAME}`);
    const probed = log.lines.find(({ message }) => message === 'answering health checks')?.fields['port'];
    const ask = async (path: string): Promise<number> =>
      (await fetch(`http://localhost:${String(probed)}${path}`)).status;
    assert.deepEqual([await ask('/live'), await ask('/ready'), await ask('/other')], [200, 200, 404]);
    assert.equal((await fetchHere(`https://${NAME}:${port}/keys`, {} as never)).status, 501);
  });
});
