/** The keys that sign JWT-SVIDs and WIT-SVIDs: made, published, rotated, resumed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { activeTokenKeys } from '../../../server/ca/active-token-key.ts';
import { parseJournal } from '../../../server/ca/journal.ts';
import { DiskKeyManager } from '../../../server/key-manager/disk.ts';
import { Code } from '../../../shared/errors.ts';
import { isRefusal } from '../../refusal.ts';
import { bundleHousekeeping } from '../../fakes/bundle-housekeeping.ts';
import { memoryDirectory } from '../../fakes/memory-directory.ts';
import { utf8 } from '../../../shared/bytes.ts';
import { CaTestbed, HOUR_MS, idOf, svidRequest, trustDomain } from './ca-testbed.ts';
import { TokenObserver } from './token-observer.ts';

const ALL = { wit: { isEnabled: true } };

async function startAll(bed = new CaTestbed()) {
  const server = await bed.start(ALL);
  const { jwt, wit } = server.authorities;
  assert.ok(jwt !== undefined && wit !== undefined);
  return { bed, server, jwt, wit, keys: activeTokenKeys(jwt, bed.clock), stop: server.stop };
}

const bundleOf = async (bed: CaTestbed) => {
  const bundle = await bed.bundles.find(trustDomain);
  assert.ok(bundle !== undefined);
  return bundle;
};

describe('token keys', () => {
  test('are not there before the start', () => {
    const bed = new CaTestbed();
    const { jwt } = bed.make().authorities;
    assert.ok(jwt !== undefined);
    assert.throws(
      () => activeTokenKeys(jwt, bed.clock).activeKey(),
      isRefusal(Code.unavailable, /^server is initializing$/),
    );
  });

  test("have SPIRE's names: 32 alphanumerics, and fixed ids in the key manager", async () => {
    const { bed, keys, jwt, wit, stop } = await startAll();
    await bed.clock.advance(12 * HOUR_MS + 10_000);
    await stop();
    assert.match(keys.activeKey().keyId, /^[A-Za-z0-9]{32}$/);
    assert.notEqual(idOf(jwt), idOf(wit));
    const ids = (await bed.keyManager.listKeys()).map(({ id }) => id).sort();
    const slots = (name: string): readonly string[] => [`${name}-A`, `${name}-B`];
    assert.deepEqual(ids, [...slots('JWT-Signer'), ...slots('WIT-Signer'), ...slots('x509-CA')]);
  });

  test('are in the bundle, untainted, with their end, before they sign', async () => {
    const { bed, keys, stop } = await startAll();
    await stop();
    const { keyId, signer, expiresAt, issuedAt } = keys.activeKey();
    const { jwtAuthorities, witAuthorities } = await bundleOf(bed);
    assert.deepEqual(jwtAuthorities, [{ keyId, publicKey: signer.publicKey, expiresAt, tainted: false }]);
    assert.equal(witAuthorities.length, 1);
    assert.equal(expiresAt.getTime() - issuedAt.getTime(), 24 * HOUR_MS);
  });

  test('are prepared and activated when X.509 authorities are', async () => {
    const { bed, jwt, wit, stop } = await startAll();
    const firsts = [idOf(jwt), idOf(wit)];
    await bed.clock.advance(12 * HOUR_MS + 10_000);
    const next = [jwt, wit].map((kind) => kind.state().prepared?.authorityId);
    assert.equal((await bundleOf(bed)).jwtAuthorities.length, 2);
    await bed.clock.advance(8 * HOUR_MS - 10_000);
    assert.deepEqual([idOf(jwt), idOf(wit)], firsts);
    await bed.clock.advance(10_000);
    assert.deepEqual([idOf(jwt), idOf(wit)], next);
    assert.deepEqual(
      [jwt, wit].map((kind) => kind.state().old?.authorityId),
      firsts,
    );
    await stop();
  });

  test('over a month are always known in time, stay to their end, and leave the bundle after it', async () => {
    const bed = new CaTestbed();
    const server = await bed.start({ ...ALL, checkMs: HOUR_MS / 2 });
    const { clock, random, log, bundles, journals } = bed;
    const housekeeping = bundleHousekeeping({ clock, random, log, bundles, journals, trustDomain });
    const abort = new AbortController();
    await housekeeping.start(abort.signal);
    const [jwt, wit] = [new TokenObserver(bed), new TokenObserver(bed)];
    for (let hours = 0; hours < 30 * 24; hours += 3) {
      await jwt.look('jwt', { server });
      await wit.look('wit', { server });
      await bed.clock.advance(3 * HOUR_MS);
      assert.ok((await bundleOf(bed)).jwtAuthorities.length <= 6);
    }
    abort.abort(new Error('stopping'));
    await server.stop();
    await housekeeping.stop();
    assert.ok(jwt.activations > 30 && wit.activations > 30, `${jwt.activations} activations`);
    assert.equal(journals.records.length, 1);
    assert.deepEqual([...log.messages('warn'), ...log.messages('error')], []);
  });

  test('are gone with their end when no new one can be made', async () => {
    const { bed, keys, stop } = await startAll();
    bed.keyManager.failWith(new Error('no keys today'));
    await bed.clock.advance(24 * HOUR_MS);
    assert.throws(() => keys.activeKey(), isRefusal(Code.unavailable, /active JWT key has expired/));
    await stop();
  });

  test('that the bundle has lost are appended again', async () => {
    const { bed, stop } = await startAll();
    const before = await bundleOf(bed);
    bed.bundles.clear();
    await bed.clock.advance(10_000);
    assert.deepEqual((await bundleOf(bed)).jwtAuthorities, before.jwtAuthorities);
    await stop();
  });
});

describe('token keys after a restart', () => {
  test('go on: active, prepared and old, each in its slot', async () => {
    const bed = new CaTestbed();
    const before = await startAll(bed);
    for (const hours of [13, 8]) {
      await bed.clock.advance(hours * HOUR_MS);
      const after = await startAll(bed);
      for (const kind of ['jwt', 'wit'] as const)
        for (const status of ['active', 'prepared', 'old'] as const) {
          const [was, is] = [before[kind].state()[status], after[kind].state()[status]];
          assert.deepEqual(
            [is?.authorityId, is?.slot, is?.expiresAt],
            [was?.authorityId, was?.slot, was?.expiresAt],
          );
        }
      await after.stop();
    }
    await before.stop();
    assert.equal(bed.journals.records.length, 1);
  });

  test('are new where the key is another one', async () => {
    const bed = new CaTestbed();
    const before = await startAll(bed);
    await before.stop();
    await bed.keyManager.generateKey('JWT-Signer-A', 'ec-p256');
    const after = await startAll(bed);
    await after.stop();
    assert.notEqual(idOf(after.jwt), idOf(before.jwt));
    assert.equal(idOf(after.wit), idOf(before.wit));
    assert.equal(idOf(after.server.x509), idOf(before.server.x509));
  });

  test('are made by a server whose journal is of the time before them', async () => {
    const bed = new CaTestbed();
    const before = await bed.start({ jwt: { isEnabled: false } });
    const first = idOf(before.x509);
    await before.stop();
    const [record] = bed.journals.records;
    assert.ok(record !== undefined);
    const { x509 } = JSON.parse(new TextDecoder().decode(record.content));
    await bed.journals.save({ ...record, content: utf8(JSON.stringify({ version: 1, x509 })) });
    const after = await startAll(bed);
    await after.stop();
    assert.equal(idOf(after.server.x509), first);
    assert.match(after.keys.activeKey().keyId, /^[A-Za-z0-9]{32}$/);
  });

  test('are not made where they are disabled, and what the journal knew of them stays', async () => {
    const bed = new CaTestbed();
    const before = await startAll(bed);
    await before.stop();
    const without = await bed.start({ jwt: { isEnabled: false } });
    assert.equal(without.authorities.jwt, undefined);
    await bed.clock.advance(13 * HOUR_MS);
    await without.stop();
    const journal = parseJournal(bed.journals.records[0]?.content ?? new Uint8Array());
    assert.deepEqual(
      journal.jwt.map(({ keyId }) => keyId),
      [idOf(before.jwt)],
    );
    const after = await startAll(bed);
    await after.stop();
    assert.equal(idOf(after.jwt), idOf(before.jwt));
  });
});

test('authorities are of the key type that is configured for each kind, also RSA, sign, and are resumed from a key file', async (t) => {
  const keysPath = `${memoryDirectory(t)}/keys.json`;
  const pairs = [
    ['rsa-4096', 'ec-p384'],
    ['ec-p384', 'rsa-2048'],
  ] as const; // of the others there is plenty: RSA keys take long to make
  for (const [caType, type] of pairs) {
    const bed = new CaTestbed();
    const options = { config: { keyType: caType }, jwt: { isEnabled: true, keyType: type } };
    const before = await bed.start({ ...options, keyManager: DiskKeyManager.open(keysPath) });
    await before.stop();
    const after = await bed.start({ ...options, keyManager: DiskKeyManager.open(keysPath) });
    await after.stop();
    const { jwt } = after.authorities;
    assert.ok(jwt !== undefined && before.authorities.jwt !== undefined);
    assert.equal(idOf(jwt), idOf(before.authorities.jwt));
    assert.equal(idOf(after.x509), idOf(before.x509));
    const svid = await after.ca.signX509Svid(svidRequest);
    assert.equal(await bed.isTrusted(svid), true);
    assert.equal(after.x509.state().active.signer.keyType, caType);
    const { signer } = activeTokenKeys(jwt, bed.clock).activeKey();
    assert.equal(signer.keyType, type);
    assert.ok((await signer.sign(utf8('message'))).length > 0);
  }
});
