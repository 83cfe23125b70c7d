/** The three sources of keys, each against what it reads: a server's admin socket, a Workload API, a file. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { JWTBundlesResponse } from '../../../../proto/gen/JWTBundlesResponse.ts';
import type { GetBundleRequestOutput } from '../../../../proto/gen/spire/api/server/bundle/v1/GetBundleRequest.ts';
import type { Bundle } from '../../../../proto/gen/spire/api/types/Bundle.ts';
import { makeKeySource } from '../../../../server/oidc/key-source/registry.ts';
import type { TokenAuthority } from '../../../../shared/bundle/bundle.ts';
import { formatBundle } from '../../../../shared/bundle/format-bundle.ts';
import { publicKeyToJwk } from '../../../../shared/crypto/jwk.ts';
import { Code, permissionDenied } from '../../../../shared/errors.ts';
import { type Call, type Routes, serverStream, unary } from '../../../../shared/rpc/handler.ts';
import { RpcServer } from '../../../../shared/rpc/server.ts';
import { TrustDomain } from '../../../../shared/spiffe/trust-domain.ts';
import { Endings } from '../../../fakes/endings.ts';
import { isRefusal } from '../../../refusal.ts';
import { makeRoot } from '../../../shared/crypto/pki.ts';
import { authorityOf } from '../token-authorities.ts';

type Context = { readonly call: Call<undefined> };

const trustDomain = TrustDomain.parse('example.org');
const poll = { pollIntervalSeconds: 10 };
describe('the sources of keys', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-oidc-'));
  const endings = new Endings();
  after(async () => {
    await endings.end();
    rmSync(directory, { recursive: true });
  });

  let authorities: readonly [TokenAuthority, TokenAuthority];
  before(async () => {
    authorities = [
      await authorityOf('ends', { expiresAt: new Date('2027-01-01T00:00:00Z') }),
      await authorityOf('stays', { type: 'rsa-2048' }),
    ];
  });

  /** What answers on a socket of its own. */
  async function serve(name: string, routes: Routes<Context>): Promise<string> {
    const rpc = new RpcServer<undefined, Context>({ routes, gate: (call, _request, run) => run({ call }) });
    const listener = createServer((socket) => rpc.inject(socket, undefined));
    const path = join(directory, name);
    await new Promise<void>((resolve) => listener.listen(path, resolve));
    endings.after(async () => {
      listener.close();
      await rpc.stop(100);
    });
    return path;
  }

  describe('keys from a server', () => {
    it('are the JWT authorities of its bundle, and nothing else is asked for', async () => {
      const asked: GetBundleRequestOutput[] = [];
      const bundle: Bundle = {
        trust_domain: 'example.org',
        jwt_authorities: authorities.map(({ keyId, publicKey, expiresAt }) => ({
          key_id: keyId,
          public_key: publicKey,
          expires_at: expiresAt === undefined ? '0' : String(expiresAt.getTime() / 1_000),
          tainted: true,
        })),
      };
      const GetBundle = unary(async (request: GetBundleRequestOutput) => {
        asked.push(request);
        return bundle;
      });
      const socketPath = await serve('server.sock', { 'spire.api.server.bundle.v1.Bundle': { GetBundle } });
      const source = makeKeySource({ kind: 'server-api', socketPath, ...poll });
      const found = await source.fetch(new AbortController().signal);
      assert.deepEqual(
        found.map((one) => ({ ...one, publicKey: new Uint8Array(one.publicKey) })),
        authorities.map((one) => ({ ...one, tainted: true })),
      );
      const { output_mask: mask } = asked[0] ?? assert.fail('not asked');
      assert.deepEqual([mask?.jwt_authorities, mask?.x509_authorities], [true, false]);
    });

    it('cannot be had where no server is', async () => {
      const source = makeKeySource({ kind: 'server-api', socketPath: join(directory, 'none'), ...poll });
      await assert.rejects(source.fetch(new AbortController().signal), isRefusal(Code.unavailable, ''));
      assert.equal(source.failure, 'Failed to fetch bundle');
    });
  });

  describe('keys from the Workload API', () => {
    const setOf = (keys: readonly object[]) => Buffer.from(JSON.stringify({ keys }));
    const plainKeys = () =>
      authorities.map(({ keyId, publicKey }) => ({ kid: keyId, ...publicKeyToJwk(publicKey) }));
    let answer: () => Promise<JWTBundlesResponse>;
    let headers: string | undefined;
    let open = 0;
    let socketPath: string;
    before(async () => {
      const FetchJWTBundles = serverStream(
        async (
          _request: object,
          { call }: Context,
          send: (response: JWTBundlesResponse) => Promise<void>,
        ) => {
          [headers] = call.metadata('workload.spiffe.io');
          open += 1;
          await send(await answer());
          await new Promise((_resolve, reject) =>
            call.signal.addEventListener('abort', () => {
              open -= 1;
              reject(call.signal.reason);
            }),
          );
        },
      );
      socketPath = await serve('agent.sock', { SpiffeWorkloadAPI: { FetchJWTBundles } });
    });
    const fetch = () =>
      makeKeySource({ kind: 'workload-api', socketPath, trustDomain, ...poll }).fetch(
        new AbortController().signal,
      );

    it('are those of the trust domain, and the stream is let go', async () => {
      answer = async () => ({
        bundles: { 'spiffe://other.org': setOf([]), 'spiffe://example.org': setOf(plainKeys()) },
      });
      assert.deepEqual(
        await fetch(),
        authorities.map((one) => ({ ...one, expiresAt: undefined })),
      );
      assert.equal(headers, 'true');
      for (let turn = 0; open > 0 && turn < 1_000; turn += 1) await new Promise(setImmediate);
      assert.equal(open, 0);
    });

    const refused: readonly (readonly [string, () => Promise<JWTBundlesResponse>, Code, RegExp])[] = [
      [
        'another trust domain alone',
        async () => ({ bundles: { 'spiffe://other.org': setOf([]) } }),
        Code.notFound,
        /no JWT bundle of spiffe:\/\/example\.org/,
      ],
      [
        'no JSON',
        async () => ({ bundles: { 'spiffe://example.org': Buffer.from('keys') } }),
        Code.invalidArgument,
        /not JSON/,
      ],
      [
        'a key without a name',
        async () => ({
          bundles: { 'spiffe://example.org': setOf(plainKeys().map((key) => ({ ...key, kid: '' }))) },
        }),
        Code.invalidArgument,
        /key 1 of the bundle: "kid" is missing/,
      ],
      [
        'a refusal',
        () => Promise.reject(permissionDenied('no identity issued')),
        Code.permissionDenied,
        /no identity issued/,
      ],
    ];
    for (const [what, given, code, telling] of refused)
      it(`are not had from ${what}`, async () => {
        answer = given;
        await assert.rejects(fetch(), isRefusal(code, telling));
      });
  });

  describe('keys from a file', () => {
    const path = join(directory, 'bundle.json');
    const fetch = (from = path) =>
      makeKeySource({ kind: 'file', path: from, ...poll }).fetch(new AbortController().signal);
    const named = async () => (await fetch()).map(({ keyId }) => keyId);

    it('are the JWT authorities of a SPIFFE bundle, read anew each time', async () => {
      const bundle = {
        trustDomain,
        x509Authorities: [{ certificate: (await makeRoot()).certificate.raw, tainted: false }],
        jwtAuthorities: authorities,
        witAuthorities: [await authorityOf('wit')],
        refreshHintSeconds: 300,
        sequenceNumber: 7,
      };
      writeFileSync(path, formatBundle(bundle));
      assert.deepEqual(await named(), ['ends', 'stays']);
      writeFileSync(path, formatBundle({ ...bundle, jwtAuthorities: authorities.slice(1) }));
      assert.deepEqual(await named(), ['stays']);
    });

    it('are the keys of a JWK Set', async () => {
      const [{ publicKey }] = authorities;
      const keys = [
        { kid: 'plain', ...publicKeyToJwk(publicKey) },
        { kid: 'sig', use: 'sig', ...publicKeyToJwk(publicKey) },
        { kid: 'enc', use: 'enc', ...publicKeyToJwk(publicKey) },
        { kid: 'secret', kty: 'oct', k: 'AAAA' },
      ];
      writeFileSync(path, JSON.stringify({ keys }));
      assert.deepEqual(await named(), ['plain', 'sig']);
    });

    it('are not had where it is missing, no file, too long or no bundle', async () => {
      await assert.rejects(fetch(join(directory, 'none.json')), { code: 'ENOENT' });
      mkdirSync(join(directory, 'folder'));
      await assert.rejects(
        fetch(join(directory, 'folder')),
        isRefusal(Code.invalidArgument, /not a regular file/),
      );
      writeFileSync(path, ' '.repeat(8 * 1_024 * 1_024 + 1));
      await assert.rejects(fetch(), isRefusal(Code.invalidArgument, /longer than 8388608 bytes/));
      writeFileSync(path, '{"keys":[');
      await assert.rejects(fetch(), isRefusal(Code.invalidArgument, /not JSON/));
    });
  });
});
