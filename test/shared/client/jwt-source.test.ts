/** JWT-SVIDs and the bundles to validate them with, from the first message to the end. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { JWTSVIDRequestOutput } from '../../../proto/gen/JWTSVIDRequest.ts';
import {
  Code,
  CodedError,
  JwtSource,
  type JwtSourceOptions,
  SpiffeId,
  TrustDomain,
} from '../../../shared/client/index.ts';
import { invalidArgument, permissionDenied, unavailable } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeTokenIssuer } from '../../fakes/token-issuer.ts';
import { FakeWorkloadApi } from '../../fakes/workload-api-server.ts';

const ID = 'spiffe://example.org/web';
const OTHER = 'spiffe://example.org/job';
const SECOND_MS = 1_000;

describe('a JwtSource', () => {
  let clock: FakeClock;
  let issuer: FakeTokenIssuer;
  let api: FakeWorkloadApi;
  let requests: JWTSVIDRequestOutput[];
  const sources: JwtSource[] = [];

  beforeEach(async () => {
    clock = new FakeClock();
    issuer = await FakeTokenIssuer.make(clock);
    api = new FakeWorkloadApi();
    requests = [];
    api.jwtBundles.set({ response: FakeTokenIssuer.bundles(issuer) });
    api.fetchJwtSvid = (request) => {
      requests.push(request);
      return issuer.response({ id: request.spiffe_id || ID, audience: request.audience });
    };
    await api.start();
  });
  afterEach(async () => {
    for (const source of sources.splice(0)) source.close();
    await api.stop();
  });

  async function create(options: JwtSourceOptions = {}): Promise<JwtSource> {
    const source = await JwtSource.create({ address: api.address, clock, ...options });
    sources.push(source);
    return source;
  }

  const failWith = (error: CodedError): void => {
    api.fetchJwtSvid = (request) => {
      requests.push(request);
      return Promise.reject(error);
    };
  };
  const hasCode = (code: Code) => (error: unknown) => error instanceof CodedError && error.code === code;
  const updated = (source: JwtSource): Promise<void> =>
    new Promise((resolve) => {
      const stop = source.onUpdate(() => {
        stop();
        resolve();
      });
    });

  it('gives a token for the audience that is asked for, of the default ID or of another one', async () => {
    const source = await create();
    const svid = await source.fetch({ audience: 'shop' });
    assert.deepEqual([svid.id.toString(), svid.audience, svid.hint], [ID, ['shop'], '']);
    assert.equal(svid.expiresAt.toISOString(), '2026-01-01T00:05:00.000Z');
    assert.equal(source.validate(svid.token, 'shop').id.toString(), ID);
    const other = await source.fetch({ audience: ['shop', 'bank'], id: SpiffeId.parse(OTHER) });
    assert.equal(other.id.toString(), OTHER);
    assert.deepEqual(requests, [
      { audience: ['shop'], spiffe_id: '' },
      { audience: ['shop', 'bank'], spiffe_id: OTHER },
    ]);
  });

  it('gives the same token up to half of its life, to the same audiences in any order, and then another', async () => {
    const source = await create();
    const first = await source.fetch({ audience: ['a', 'b'] });
    await clock.advance(150 * SECOND_MS - 1);
    assert.equal((await source.fetch({ audience: ['b', 'a', 'b'] })).token, first.token);
    assert.notEqual((await source.fetch({ audience: 'a' })).token, first.token);
    assert.notEqual(
      (await source.fetch({ audience: ['a', 'b'], id: SpiffeId.parse(ID) })).token,
      first.token,
    );
    assert.equal(requests.length, 3);
    await clock.advance(1);
    assert.notEqual((await source.fetch({ audience: ['a', 'b'] })).token, first.token);
  });

  it("holds a token whose server's clock is ahead, and none from a time to come", async () => {
    const source = await create();
    const { token } = await source.fetch({ audience: 'shop' });
    clock.jump(new Date(clock.now().getTime() - 60 * SECOND_MS));
    assert.equal((await source.fetch({ audience: 'shop' })).token, token);
    clock.jump(new Date(clock.now().getTime() - SECOND_MS));
    assert.notEqual((await source.fetch({ audience: 'shop' })).token, token);
  });

  it('asks once for whoever wants the same at once; one who gives up does not take it from the others', async () => {
    const source = await create();
    const answer = Promise.withResolvers<void>();
    api.fetchJwtSvid = async (request) => {
      requests.push(request);
      await answer.promise;
      return issuer.response({ id: ID, audience: request.audience });
    };
    const giveUp = new AbortController();
    const impatient = source.fetch({ audience: 'shop', signal: giveUp.signal });
    const patient = source.fetch({ audience: 'shop' });
    await clock.until(() => requests.length === 1);
    giveUp.abort(new Error('enough'));
    await assert.rejects(impatient, /enough/);
    answer.resolve();
    assert.equal((await patient).id.toString(), ID);
    assert.equal(requests.length, 1);
    await assert.rejects(source.fetch({ audience: 'shop', signal: giveUp.signal }), /enough/);
  });

  it('gives a token that is still valid while no other can be had, and asks again only now and then', async () => {
    const source = await create();
    const { token } = await source.fetch({ audience: 'shop' });
    failWith(unavailable('server away'));
    await clock.advance(151 * SECOND_MS);
    for (const _ of [1, 2, 3]) assert.equal((await source.fetch({ audience: 'shop' })).token, token);
    assert.equal(requests.length, 2);
    await clock.advance(5 * SECOND_MS);
    assert.equal((await source.fetch({ audience: 'shop' })).token, token);
    assert.equal(requests.length, 3);
    await clock.advance(144 * SECOND_MS);
    await assert.rejects(source.fetch({ audience: 'shop' }), hasCode(Code.unavailable));
  });

  it('gives no older token where it is told that there is none', async () => {
    const source = await create();
    await source.fetch({ audience: 'shop' });
    await clock.advance(151 * SECOND_MS);
    failWith(permissionDenied('no identity issued'));
    await assert.rejects(source.fetch({ audience: 'shop' }), hasCode(Code.permissionDenied));
    failWith(unavailable('server away'));
    await assert.rejects(source.fetch({ audience: 'shop' }), hasCode(Code.unavailable));
  });

  it('forgets its tokens when the identity is taken away, and when nobody verifies them any more', async () => {
    const source = await create();
    await source.fetch({ audience: 'shop' });
    const next = await FakeTokenIssuer.make(clock, 'k2');
    let change = updated(source);
    api.jwtBundles.set({ response: FakeTokenIssuer.bundles(issuer, next) });
    await change;
    await source.fetch({ audience: 'shop' });
    assert.equal(requests.length, 1, 'the key is still in the bundle');
    change = updated(source);
    api.jwtBundles.set({ response: FakeTokenIssuer.bundles(next) });
    await change;
    issuer = next;
    await source.fetch({ audience: 'shop' });
    assert.equal(requests.length, 2);
    change = updated(source);
    api.jwtBundles.set({ error: permissionDenied('no identity issued') });
    await change;
    await source.fetch({ audience: 'shop' });
    await source.fetch({ audience: 'shop' });
    assert.equal(requests.length, 4, 'nothing is held while there are no bundles');
    assert.throws(() => source.validate('x', 'shop'), /no JWT bundles at the moment: no identity issued/);
    await clock.until(() => clock.sleeping === 1);
    api.jwtBundles.set({ response: FakeTokenIssuer.bundles(next) });
    await clock.advance(250);
    await clock.until(() => source.authorities(TrustDomain.parse('example.org')) !== undefined);
  });

  it('keeps no token that is made to be used once', async () => {
    const source = await create();
    api.fetchJwtSvid = (request) => {
      requests.push(request);
      return issuer.response({ id: ID, audience: request.audience, tokenId: `${requests.length}` });
    };
    const first = await source.fetch({ audience: 'shop' });
    assert.notEqual((await source.fetch({ audience: 'shop' })).token, first.token);
  });

  it('chooses among several identities', async () => {
    const source = await create({ pick: (svids) => svids.find(({ hint }) => hint === 'internal') });
    api.fetchJwtSvid = ({ audience }) =>
      issuer.response({ id: ID, audience, hint: 'external' }, { id: OTHER, audience, hint: 'internal' });
    assert.equal((await source.fetch({ audience: 'shop' })).id.toString(), OTHER);
    api.fetchJwtSvid = ({ audience }) => issuer.response({ id: ID, audience, hint: 'external' });
    await assert.rejects(source.fetch({ audience: 'bank' }), /none of the JWT-SVIDs is wanted/);
  });

  it('refuses answers that are not what it asked for', async () => {
    const source = await create();
    const fetch = () => source.fetch({ audience: ['shop', 'bank'], id: SpiffeId.parse(ID) });
    const cases: readonly (readonly [() => Promise<object>, RegExp])[] = [
      [() => Promise.resolve({ svids: [] }), /without a JWT-SVID/],
      [() => issuer.response({ id: OTHER, audience: ['shop', 'bank'] }), /of another ID/],
      [() => issuer.response({ id: ID, audience: ['shop'] }), /for another audience/],
      [() => issuer.response({ id: ID, audience: ['shop', 'bank'], ttlSeconds: 0 }), /has expired/],
      [
        async () => ({
          svids: [{ spiffe_id: OTHER, svid: await issuer.token({ id: ID, audience: ['shop', 'bank'] }) }],
        }),
        /spiffe_id differs/,
      ],
      [() => Promise.resolve({ svids: [{ spiffe_id: ID, svid: 'a.b.c' }] }), /cannot be read/],
    ];
    for (const [answer, says] of cases) {
      api.fetchJwtSvid = answer;
      await assert.rejects(fetch(), says);
    }
  });

  it('refuses to fetch or validate without an audience', async () => {
    const source = await create();
    for (const audience of ['', [], ['', '']]) {
      await assert.rejects(source.fetch({ audience }), hasCode(Code.invalidArgument));
      assert.throws(() => source.validate('a.b.c', audience), /an audience is needed/);
    }
    assert.deepEqual(requests, []);
  });

  it('validates tokens of every trust domain by its own keys, and no others', async () => {
    const friend = await FakeTokenIssuer.make(clock, 'k1', 'friend.test');
    const foreign = await FakeTokenIssuer.make(clock, 'k1', 'foreign.test');
    api.jwtBundles.set({ response: FakeTokenIssuer.bundles(issuer, friend) });
    const source = await create();
    const validate = async (from: FakeTokenIssuer, id: string, audience = 'shop'): Promise<string> =>
      source.validate(await from.token({ id, audience: [audience] }), ['shop', 'bank']).id.toString();
    assert.equal(await validate(issuer, ID), ID);
    assert.equal(await validate(friend, 'spiffe://friend.test/a'), 'spiffe://friend.test/a');
    await assert.rejects(validate(friend, ID), /signature is not valid/);
    await assert.rejects(validate(foreign, 'spiffe://foreign.test/a'), /no bundle for trust domain/);
    await assert.rejects(validate(issuer, ID, 'attic'), /for another audience/);
    const old = await issuer.token({ id: ID, audience: ['shop'], ttlSeconds: 10 });
    await clock.advance(71 * SECOND_MS);
    assert.throws(() => source.validate(old, 'shop'), /has expired/);
  });

  it('leaves out a bundle that cannot be read, says so, and takes the others', async () => {
    const source = await create();
    const heard: string[] = [];
    source.onError(({ message }) => heard.push(message));
    const change = updated(source);
    const { bundles } = FakeTokenIssuer.bundles(await FakeTokenIssuer.make(clock, 'k2', 'friend.test'));
    api.jwtBundles.set({ response: { bundles: { ...bundles, 'spiffe://example.org': Buffer.from('{}') } } });
    await change;
    assert.equal(source.authorities(TrustDomain.parse('example.org')), undefined);
    assert.equal(source.authorities(TrustDomain.parse('friend.test'))?.length, 1);
    assert.match(heard.join(), /the bundle of "spiffe:\/\/example\.org" is left out/);
    assert.equal(source.lastError, undefined);
  });

  it('waits through denials, and ends where waiting is of no use or its signal aborts', async () => {
    api.jwtBundles.set({ error: permissionDenied('no identity issued') });
    const creating = create();
    await clock.until(() => clock.sleeping === 1);
    api.jwtBundles.set({ response: FakeTokenIssuer.bundles(issuer) });
    await clock.advance(250);
    (await creating).close();
    api.jwtBundles.set({ error: invalidArgument('security header missing from request') });
    await assert.rejects(create(), /security header missing/);
    api.jwtBundles.set({ error: permissionDenied('no identity issued') });
    const giveUp = new AbortController();
    const waiting = create({ signal: giveUp.signal });
    await clock.until(() => clock.sleeping === 1);
    giveUp.abort();
    await assert.rejects(waiting, hasCode(Code.permissionDenied));
  });

  it('frees its stream and connection when it is closed; who waits for a token hears it', async () => {
    const source = await create();
    api.fetchJwtSvid = (request) => {
      requests.push(request);
      return new Promise(() => {});
    };
    const waiting = source.fetch({ audience: 'shop' });
    await clock.until(() => requests.length === 1);
    source.close();
    await assert.rejects(waiting, /the source is closed/);
    await assert.rejects(source.fetch({ audience: 'shop' }), /the source is closed/);
    assert.throws(() => source.validate('x', 'shop'), /the source is closed/);
    assert.equal(clock.sleeping, 0);
  });
});
