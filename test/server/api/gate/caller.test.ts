import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Callers } from '../../../../server/api/gate/caller.ts';
import type { Peer } from '../../../../server/api/gate/context.ts';
import { AdminBundles } from '../../../../server/bundle/admin-bundles.ts';
import { BundleCache } from '../../../../server/bundle/bundle-cache.ts';
import { Code, CodedError } from '../../../../shared/errors.ts';
import { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../../shared/spiffe/trust-domain.ts';
import { FakeBundleStore } from '../../../fakes/bundle-store.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeLog } from '../../../fakes/log.ts';
import { FakeRandom } from '../../../fakes/random.ts';
import {
  type Changes,
  type Entity,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  NOT_AFTER,
  NOW,
} from '../../../shared/crypto/pki.ts';

const own = TrustDomain.parse('example.org');
const other = TrustDomain.parse('other.org');
const AGENT = 'spiffe://example.org/spire/agent/join_token/x';
const root = await makeRoot();
const foreignRoot = await makeRoot({ uriSans: ['spiffe://other.org'] });
const FOREIGN_ADMIN = 'spiffe://other.org/boss';

interface World {
  readonly clock: FakeClock;
  readonly bundles: FakeBundleStore;
  readonly bundle: BundleCache;
  readonly adminBundles: AdminBundles;
  readonly callers: Callers;
}

async function world(authorities: readonly Entity[] = [root]): Promise<World> {
  const clock = new FakeClock(NOW);
  const bundles = new FakeBundleStore();
  await publish(bundles, authorities);
  const bundle = new BundleCache({
    clock,
    random: new FakeRandom(),
    log: new FakeLog(),
    bundles,
    trustDomain: own,
  });
  await bundle.refresh();
  const adminIds = [SpiffeId.parse(FOREIGN_ADMIN)];
  const adminBundles = new AdminBundles({ trustDomain: own, adminIds, bundles, clock, log: new FakeLog() });
  return {
    clock,
    bundles,
    bundle,
    adminBundles,
    callers: new Callers({ trustDomain: own, bundle, adminBundles, adminIds, clock }),
  };
}

const publish = (bundles: FakeBundleStore, authorities: readonly Entity[], trustDomain = own) =>
  bundles.append(trustDomain, {
    x509: authorities.map(({ certificate }) => ({ certificate: certificate.raw, tainted: false })),
  });

const peer = (...chain: readonly Entity[]): Peer & { kind: 'remote' } => ({
  kind: 'remote',
  address: '192.0.2.1',
  chain: chain.map(({ certificate }) => certificate.raw),
});

const leaf = (changes: Changes = {}, parent = root): Promise<Entity> =>
  makeLeaf(parent, { uriSans: [AGENT], ...changes });

test('the admin socket is local, a peer without a certificate anonymous', async () => {
  const { callers } = await world();
  assert.deepEqual(await callers.identify({ kind: 'local' }), { kind: 'local' });
  assert.deepEqual(await callers.identify(peer()), { kind: 'anonymous', address: '192.0.2.1' });
});

test('a certificate of the trust domain identifies its bearer, through intermediates too', async () => {
  const { callers } = await world();
  const intermediate = await makeIntermediate(root);
  for (const chain of [[await leaf()], [await leaf({}, intermediate), intermediate]]) {
    const caller = await callers.identify(peer(...chain));
    assert.equal(caller.kind === 'identified' && caller.svid.id.toString(), AGENT);
  }
});

const stranger = await makeRoot();
const refusals: Readonly<Record<string, { chain: readonly Entity[]; says: RegExp }>> = {
  'a certificate that another authority signed': {
    chain: [await leaf({}, stranger)],
    says: /cannot be verified/,
  },
  'a certificate without a URI SAN': { chain: [await leaf({ uriSans: [] })], says: /no URI SAN/ },
  'a certificate with two URI SANs': {
    chain: [await leaf({ uriSans: [AGENT, 'spiffe://example.org/web'] })],
    says: /more than one URI SAN/,
  },
  'a certificate whose URI SAN is no SPIFFE ID': {
    chain: [await leaf({ uriSans: ['https://example.org/web'] })],
    says: /not a SPIFFE ID/,
  },
  'an authority itself': { chain: [root], says: /CA/ },
  'a certificate that is not valid yet': {
    chain: [
      await leaf({ uriSans: ['spiffe://example.org/web'], notBefore: new Date('2026-01-01T13:00:00Z') }),
    ],
    says: /cannot be verified/,
  },
  'a workload whose certificate has expired': {
    chain: [
      await leaf({ uriSans: ['spiffe://example.org/web'], notAfter: new Date('2026-01-01T11:00:00Z') }),
    ],
    says: /has expired/,
  },
  'a workload of another trust domain': {
    chain: [await leaf({ uriSans: ['spiffe://other.org/web'] }, foreignRoot)],
    says: /another trust domain/,
  },
  'an ID of another trust domain, signed by our own authority': {
    chain: [await leaf({ uriSans: [FOREIGN_ADMIN] })],
    says: /cannot be verified/,
  },
};

for (const [name, { chain, says }] of Object.entries(refusals)) {
  test(`refuses ${name}`, async () => {
    const { callers, bundles } = await world();
    await publish(bundles, [foreignRoot], other);
    await assert.rejects(callers.identify(peer(...chain)), { code: Code.unauthenticated, message: says });
    assert.equal(callers.knownId(peer(...chain)), undefined);
  });
}

test("knows an agent whose certificate is of a time that the clock was set back from, and nobody else's", async () => {
  const { callers } = await world();
  const notBefore = new Date('2026-01-01T13:00:00Z');
  const caller = await callers.identify(peer(await leaf({ notBefore })));
  assert.equal(caller.kind === 'identified' && caller.svid.id.toString(), AGENT);
  const forged = callers.identify(peer(await leaf({ notBefore }, stranger)));
  await assert.rejects(forged, { code: Code.unauthenticated });
});

test('tells an agent whose certificate was valid once that it has expired', async () => {
  const { callers, clock } = await world();
  const connected = peer(await leaf());
  await callers.identify(connected);
  assert.equal(callers.knownId(connected)?.toString(), AGENT);
  clock.jump(NOT_AFTER);
  await assert.rejects(callers.identify(connected), { code: Code.permissionDenied, reason: 'AGENT_EXPIRED' });
  assert.equal(callers.knownId(connected), undefined);
});

test('tells nothing of the kind to one whose expired certificate was never valid', async () => {
  const { callers, clock } = await world();
  clock.jump(NOT_AFTER);
  await assert.rejects(callers.identify(peer(await leaf({}, stranger))), { code: Code.unauthenticated });
});

test('an administrator of another trust domain needs a stored bundle of it', async () => {
  const { callers, bundles, clock } = await world();
  const admin = peer(await leaf({ uriSans: [FOREIGN_ADMIN] }, foreignRoot));
  await assert.rejects(callers.identify(admin), { code: Code.unauthenticated });
  await publish(bundles, [foreignRoot], other);
  clock.jump(new Date(clock.now().getTime() + 1_000));
  const caller = await callers.identify(admin);
  assert.equal(caller.kind === 'identified' && caller.svid.id.toString(), FOREIGN_ADMIN);
});

test('an administrator of another trust domain is known from the moment that its bundle was read', async () => {
  const { callers, bundles, adminBundles } = await world();
  await publish(bundles, [foreignRoot], other);
  const admin = peer(await leaf({ uriSans: [FOREIGN_ADMIN] }, foreignRoot));
  assert.equal(callers.knownId(admin), undefined);
  await adminBundles.refresh(other);
  assert.equal(callers.knownId(admin)?.toString(), FOREIGN_ADMIN);
});

test('an administrator of another trust domain is refused as soon as its bundle is gone, or has another authority', async () => {
  for (const change of ['gone', 'replaced']) {
    const { callers, bundles, adminBundles } = await world();
    await publish(bundles, [foreignRoot], other);
    const admin = peer(await leaf({ uriSans: [FOREIGN_ADMIN] }, foreignRoot));
    assert.equal((await callers.identify(admin)).kind, 'identified');
    const before = await bundles.find(other);
    assert.ok(before !== undefined);
    if (change === 'gone') bundles.clear();
    else bundles.put({ ...before, x509Authorities: [{ certificate: root.certificate.raw, tainted: false }] });
    await adminBundles.refresh(other);
    await assert.rejects(callers.identify(admin), { code: Code.unauthenticated }, change);
  }
});

test('an administrator of another trust domain is not let in by a bundle that the store has not confirmed lately', async () => {
  const { callers, bundles, clock } = await world();
  await publish(bundles, [foreignRoot], other);
  const admin = peer(await leaf({ uriSans: [FOREIGN_ADMIN] }, foreignRoot));
  await callers.identify(admin);
  bundles.find = () => Promise.reject(new CodedError(Code.unavailable, 'away'));
  await callers.identify(admin);
  clock.jump(new Date(clock.now().getTime() + 6_000));
  await assert.rejects(callers.identify(admin), { code: Code.unavailable });
});

test('an authority that another server has just published is looked for before its agents are refused', async () => {
  const { callers, bundles } = await world();
  const young = await makeRoot();
  await publish(bundles, [young]);
  const caller = await callers.identify(peer(await leaf({}, young)));
  assert.equal(caller.kind, 'identified');
});

test('a connection is judged again when the bundle no longer has its authority', async () => {
  const { callers, bundles, bundle } = await world([root, stranger]);
  const connected = peer(await leaf({}, stranger));
  assert.equal((await callers.identify(connected)).kind, 'identified');
  const before = await bundles.find(own);
  assert.ok(before !== undefined);
  bundles.put({ ...before, x509Authorities: before.x509Authorities.slice(0, 1) });
  await bundle.refresh();
  await assert.rejects(callers.identify(connected), { code: Code.unauthenticated });
});

test('a refused connection is judged, and the store asked, once a second however often it calls', async () => {
  const { clock, bundles, callers } = await world();
  const bearer = peer(await leaf({}, foreignRoot));
  let reads = 0;
  const find = bundles.find.bind(bundles);
  bundles.find = (trustDomain) => {
    reads += 1;
    return find(trustDomain);
  };
  const refused = { code: Code.unauthenticated, message: /cannot be verified/ };
  for (let n = 0; n < 5; n++) await assert.rejects(callers.identify(bearer), refused);
  assert.equal(reads, 1);
  await publish(bundles, [foreignRoot]);
  clock.jump(new Date(clock.now().getTime() + 1_000));
  assert.equal((await callers.identify(bearer)).kind, 'identified');
});
