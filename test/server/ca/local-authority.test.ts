/** A server's authorities worked by hand, beside rotations, other calls and other servers. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LocalAuthority } from '../../../server/ca/local-authority.ts';
import { Code } from '../../../shared/errors.ts';
import { FakeJournalStore } from '../../fakes/journal-store.ts';
import { FakeKeyManager } from '../../fakes/key-manager.ts';
import { isRefusal } from '../../refusal.ts';
import { type CaServer, CaTestbed, HOUR_MS, idOf, svidRequest, trustDomain } from './ca-testbed.ts';

function byHand(server: Pick<CaServer, 'authorities'>, confirm = async (): Promise<void> => {}) {
  const { x509, jwt } = server.authorities.byHand(confirm);
  assert.ok(jwt !== undefined);
  return { x509, jwt };
}

const jwtKeysOf = async (bed: CaTestbed) => (await bed.bundles.find(trustDomain))?.jwtAuthorities ?? [];

/** A new authority takes over; the id of the one before it. */
async function replace(authority: LocalAuthority): Promise<string> {
  const before = authority.state().active.authorityId;
  const { authorityId } = await authority.prepare();
  await authority.activate(authorityId);
  return before;
}

describe('authorities worked by hand', () => {
  test('are not there before the start', async () => {
    const bed = new CaTestbed();
    const { x509 } = byHand(bed.make());
    const initializing = isRefusal(Code.unavailable, /^server is initializing$/);
    assert.throws(() => x509.state(), initializing);
    await assert.rejects(x509.prepare(), initializing);
  });

  test('take over at once, and what the tainted one signed counts until it is revoked', async () => {
    const bed = new CaTestbed();
    const server = await bed.start();
    const { x509 } = byHand(server);
    const svid = await server.ca.signX509Svid(svidRequest);
    const old = await replace(x509);
    const next = await server.ca.signX509Svid(svidRequest);
    assert.notDeepEqual(await bed.issuerOf(next), await bed.issuerOf(svid));
    await x509.taint(old);
    assert.equal(await bed.isTrusted(svid), true);
    await x509.revoke(old);
    assert.deepEqual([await bed.isTrusted(svid), await bed.isTrusted(next)], [false, true]);
    await bed.clock.advance(60_000);
    assert.equal(await bed.isTrusted(svid), false, 'rotation does not bring it back');
    await server.stop();
  });

  test('and a restarted server goes on with what was done', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    const old = [await replace(byHand(before).x509), await replace(byHand(before).jwt)];
    await byHand(before).x509.taint(old[0] ?? '');
    await before.stop();
    const after = await bed.start();
    const { x509, jwt } = byHand(after);
    assert.equal(x509.state().old?.authorityId, old[0]);
    assert.equal(jwt.state().old?.authorityId, old[1]);
    await x509.revoke(old[0] ?? '');
    await jwt.taint(old[1] ?? '');
    await jwt.revoke(old[1] ?? '');
    assert.deepEqual([(await bed.authorities()).length, (await jwtKeysOf(bed)).length], [1, 1]);
    await after.stop();
  });

  test('are rotated later as if nobody had done anything', async () => {
    const bed = new CaTestbed();
    const server = await bed.start();
    await bed.clock.advance(6 * HOUR_MS);
    await replace(byHand(server).x509);
    const second = idOf(server.x509);
    await bed.clock.advance(12 * HOUR_MS);
    assert.equal(server.x509.state().prepared, undefined, 'its own half-life counts');
    await bed.clock.advance(10_000);
    assert.notEqual(server.x509.state().prepared, undefined);
    await bed.clock.advance(8 * HOUR_MS);
    assert.equal(server.x509.state().old?.authorityId, second);
    await server.stop();
  });

  test('in any number of calls at once, and during a rotation, follow one another', async () => {
    const bed = new CaTestbed();
    const server = await bed.start();
    const { x509, jwt } = byHand(server);
    await bed.clock.advance(12 * HOUR_MS);
    const calls = Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? x509 : jwt).prepare());
    await bed.clock.advance(10_000);
    const ids = (await Promise.all(calls)).map(({ authorityId }) => authorityId);
    assert.equal(new Set(ids).size, 20);
    assert.deepEqual(
      [x509.state().prepared?.authorityId, jwt.state().prepared?.authorityId],
      ids.slice(18),
      'the last of each kind is the one that stays',
    );
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => x509.activate(ids[18] ?? '')));
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', ...Array.from({ length: 4 }, () => 'rejected')],
    );
    assert.equal(idOf(server.x509), ids[18]);
    await server.stop();
  });

  test('cannot fill the bundle', async () => {
    const bed = new CaTestbed();
    const server = await bed.start();
    const { jwt } = byHand(server);
    while ((await jwtKeysOf(bed)).length < 500) await jwt.prepare();
    await assert.rejects(
      jwt.prepare(),
      isRefusal(Code.resourceExhausted, /^the bundle holds 500 JWT authorities/),
    );
    await jwt.activate(jwt.state().prepared?.authorityId ?? '');
    await server.stop();
  });

  test('stay as they are when a key cannot be made, and when the bundle cannot be read afterwards', async () => {
    const bed = new CaTestbed();
    const server = await bed.start();
    const { x509 } = byHand(server, () => Promise.reject(new Error('no database')));
    bed.keyManager.failWith(new Error('no keys today'));
    await assert.rejects(
      x509.prepare(),
      isRefusal(Code.internal, /^failed to prepare X.509 authority: no keys today$/),
    );
    assert.equal(x509.state().prepared, undefined);
    bed.keyManager.failWith(undefined);
    const old = await replace(x509);
    await x509.taint(old);
    assert.deepEqual(
      (await bed.authorities()).map(({ tainted }) => tainted),
      [true, false],
    );
    await server.stop();
  });

  test('that lost their key to a preparation that failed are not activated', async () => {
    const bed = new CaTestbed();
    const journals = new FakeJournalStore();
    const server = await bed.start({ journals });
    const { x509 } = byHand(server);
    const { authorityId } = await x509.prepare();
    journals.save = () => Promise.reject(new Error('no database'));
    await assert.rejects(x509.prepare(), isRefusal(Code.internal, /no database/));
    assert.equal(x509.state().prepared, undefined);
    await assert.rejects(
      x509.activate(authorityId),
      isRefusal(Code.invalidArgument, /^unexpected authority ID$/),
    );
    await server.stop();
  });

  test('of token keys revokes what another server tainted, which does not bring it back', async () => {
    const bed = new CaTestbed();
    const [one, other] = [await bed.start(), await bed.start({ keyManager: new FakeKeyManager() })];
    const old = await replace(byHand(one).jwt);
    const { jwt } = byHand(other);
    await assert.rejects(
      jwt.revoke(old),
      isRefusal(Code.internal, /it is not possible to revoke an untainted key/),
    );
    await assert.rejects(jwt.taint(old), isRefusal(Code.invalidArgument, /^unexpected authority ID$/));
    await byHand(one).jwt.taint(old);
    assert.deepEqual(await jwt.revoke(old), { authorityId: old, expiresAt: undefined });
    await bed.clock.advance(60_000);
    assert.deepEqual((await jwtKeysOf(bed)).map(({ keyId }) => keyId).sort(), [
      ...[byHand(one).jwt, jwt].map((keys) => keys.state().active.authorityId).sort(),
    ]);
    for (const server of [one, other]) await server.stop();
  });
});
