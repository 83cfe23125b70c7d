/** Bundles of all trust domains and of both kinds. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { BundleSource, TrustDomain } from '../../../shared/client/index.ts';
import { CodedError, Code, permissionDenied, unavailable } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeTokenIssuer } from '../../fakes/token-issuer.ts';
import { FakeTrustDomain } from '../../fakes/trust-domain.ts';
import { FakeWorkloadApi } from '../../fakes/workload-api-server.ts';

const OURS = TrustDomain.parse('example.org');
const FRIEND = TrustDomain.parse('friend.test');

describe('a BundleSource', () => {
  let clock: FakeClock;
  let domain: FakeTrustDomain;
  let friend: FakeTrustDomain;
  let issuer: FakeTokenIssuer;
  let api: FakeWorkloadApi;

  beforeEach(async () => {
    clock = new FakeClock();
    domain = await FakeTrustDomain.make({ clock });
    friend = await FakeTrustDomain.make({ clock, name: 'friend.test' });
    issuer = await FakeTokenIssuer.make(clock);
    api = new FakeWorkloadApi();
    await api.start();
    setX509(domain, friend);
    api.jwtBundles.set({ response: FakeTokenIssuer.bundles(issuer) });
  });
  afterEach(() => api.stop());

  const der = ({ authorities }: FakeTrustDomain): Buffer =>
    Buffer.concat(authorities.map(({ certificate }) => certificate.raw));

  function setX509(ours: FakeTrustDomain, other?: FakeTrustDomain): void {
    const friends = other === undefined ? {} : { 'spiffe://friend.test': der(other) };
    api.x509Bundles.set({ response: { bundles: { 'spiffe://example.org': der(ours), ...friends } } });
  }

  const create = (signal?: AbortSignal): Promise<BundleSource> =>
    BundleSource.create({ address: api.address, clock, ...(signal === undefined ? {} : { signal }) });

  const updated = (source: BundleSource): Promise<void> =>
    new Promise((resolve) => {
      const stop = source.onUpdate(() => {
        stop();
        resolve();
      });
    });

  async function chainOf(from: FakeTrustDomain, id: string): Promise<readonly Uint8Array[]> {
    const [svid] = (await from.issue(id)).svids ?? [];
    return [new Uint8Array(svid?.x509_svid as Buffer)];
  }

  it('holds both kinds of every trust domain, without an identity, and verifies with them', async () => {
    await using source = await create();
    assert.deepEqual(source.trustDomains().map(String), ['example.org', 'friend.test']);
    assert.equal(source.x509Authorities(OURS)?.length, 1);
    assert.equal(source.jwtAuthorities(OURS)?.[0]?.keyId, 'k1');
    assert.equal(source.jwtAuthorities(FRIEND), undefined);
    assert.equal(api.streams, 0, 'no SVID was asked for');
    const svid = source.verify(await chainOf(friend, 'spiffe://friend.test/a'));
    assert.equal(svid.id.toString(), 'spiffe://friend.test/a');
    const token = await issuer.token({ id: 'spiffe://example.org/a', audience: ['shop'] });
    assert.equal(source.validate(token, 'shop').id.toString(), 'spiffe://example.org/a');
    const forged = await chainOf(friend, 'spiffe://example.org/a');
    assert.throws(() => source.verify(forged), /cannot be verified/);
  });

  it('follows each stream by itself: what is new counts at once, what is gone is believed no more', async () => {
    await using source = await create();
    const chain = await chainOf(friend, 'spiffe://friend.test/a');
    let change = updated(source);
    setX509(domain);
    await change;
    assert.equal(source.x509Authorities(FRIEND), undefined);
    assert.throws(() => source.verify(chain), /no X\.509 bundle for trust domain "friend\.test"/);
    change = updated(source);
    api.jwtBundles.set({
      response: FakeTokenIssuer.bundles(issuer, await FakeTokenIssuer.make(clock, 'k2')),
    });
    await change;
    assert.deepEqual(
      source.jwtAuthorities(OURS)?.map(({ keyId }) => keyId),
      ['k1', 'k2'],
    );
    assert.deepEqual([api.x509Bundles.streams, api.jwtBundles.streams], [1, 1]);
  });

  it('keeps what it has while the agent is away, and gives it up when it is denied', async () => {
    await using source = await create();
    const failures: string[] = [];
    source.onError(({ message }) => failures.push(message));
    api.jwtBundles.set({ error: unavailable('restarting') });
    await clock.until(() => failures.length === 1);
    assert.equal(source.lastError?.message, 'restarting');
    assert.equal(source.jwtAuthorities(OURS)?.length, 1);
    const change = updated(source);
    api.x509Bundles.set({ error: permissionDenied('no identity issued') });
    await change;
    assert.equal(source.x509Authorities(OURS), undefined);
    assert.deepEqual(source.trustDomains().map(String), ['example.org'], 'of the other kind');
    setX509(domain);
    api.jwtBundles.set({ response: FakeTokenIssuer.bundles(issuer) });
    await clock.until(() => clock.sleeping === 2);
    await clock.advance(1_000);
    await clock.until(() => source.lastError === undefined && source.x509Authorities(OURS) !== undefined);
  });

  it('discards a message without bundles, which says nothing', async () => {
    await using source = await create();
    const told = new Promise<string>((resolve) => source.onError(({ message }) => resolve(message)));
    api.x509Bundles.set({ response: { bundles: {} } });
    assert.match(await told, /answered without a bundle/);
    assert.equal(source.x509Authorities(OURS)?.length, 1);
  });

  it('is not there before both are, and leaves nothing open when it fails', async () => {
    api.jwtBundles.set({ error: permissionDenied('no identity issued') });
    const giveUp = new AbortController();
    const creating = create(giveUp.signal);
    await clock.until(() => clock.sleeping === 1 && api.x509Bundles.streams === 1);
    giveUp.abort(new Error('enough'));
    await assert.rejects(creating);
    await clock.until(() => clock.sleeping === 0 && api.open === 0);
    api.jwtBundles.set({ error: new CodedError(Code.unimplemented, 'no JWT here') });
    await assert.rejects(create(), /no JWT here/);
    await clock.until(() => clock.sleeping === 0 && api.open === 0);
  });
});
