/** A CA of an operator's own among a server's authorities: imported, rotated, followed, distrusted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toHex } from '../../../shared/bytes.ts';
import { Code } from '../../../shared/errors.ts';
import { isRefusal } from '../../refusal.ts';
import { corporateRoot, keyIdOf } from '../upstream-authority/corporate-ca.ts';
import { CaObserver } from './ca-observer.ts';
import { CaTestbed, HOUR_MS, idOf, svidRequest } from './ca-testbed.ts';
import { activate, bundleOf, byHand, ownCas, prepare, slots } from './own-ca.ts';

const DAY_MS = 24 * HOUR_MS;
const { root, middle, issuing } = await ownCas();
/** Of twelve days: followed after six, for the last two. */
const short = await corporateRoot('Short', {
  notBefore: new Date('2025-12-31T23:59:50Z'),
  notAfter: new Date('2026-01-13T00:00:00Z'),
});

const WARNING = /^the imported authority ends, and is followed by one that this server makes/;
const warnings = (bed: CaTestbed): number =>
  bed.log.messages('warn').filter((message) => WARNING.test(message)).length;

describe('an imported CA', () => {
  test('is there for nobody before the start', async () => {
    await assert.rejects(
      prepare(new CaTestbed().make(), root),
      isRefusal(Code.unavailable, /^server is initializing$/),
    );
  });

  test('is prepared and in the bundle, and signs when rotation comes to it', async () => {
    const bed = new CaTestbed();
    const server = await bed.start({ checkMs: HOUR_MS / 2 });
    const observer = new CaObserver(bed);
    const first = idOf(server.x509);
    const { authority, followedAfter } = await prepare(server, root);
    assert.deepEqual(
      [authority.status, authority.authorityId, authority.expiresAt],
      ['PREPARED', keyIdOf(root), root.certificate.notAfter],
    );
    assert.equal(root.certificate.notAfter.getTime() - followedAfter.getTime(), 7 * DAY_MS + 8 * HOUR_MS);
    assert.equal(slots(server), `ACTIVE ${first}, PREPARED ${keyIdOf(root)} imported`);
    assert.ok((await bundleOf(bed)).includes(toHex(root.certificate.raw)));
    for (let hour = 0; hour < 22; hour += 2) {
      await observer.look({ server });
      await bed.clock.advance(2 * HOUR_MS);
    }
    assert.equal(slots(server), `ACTIVE ${keyIdOf(root)} imported, OLD ${first}`);
    const svid = await server.ca.signX509Svid(svidRequest);
    assert.deepEqual(await bed.issuerOf(svid), root.certificate.raw);
    await observer.look({ server });
    assert.equal(observer.activations, 1);
    await server.stop();
  });

  test('signs at once where that is asked for', async () => {
    const bed = new CaTestbed();
    const server = await bed.start();
    const first = idOf(server.x509);
    const { authority } = await activate(server, root);
    assert.equal(authority.status, 'ACTIVE');
    assert.equal(slots(server), `ACTIVE ${keyIdOf(root)} imported, OLD ${first}`);
    assert.deepEqual(await bed.issuerOf(await server.ca.signX509Svid(svidRequest)), root.certificate.raw);
    await server.stop();
  });

  test('below others sends them along, and has its root alone in the bundle', async () => {
    const bed = new CaTestbed();
    const server = await bed.start();
    const before = await bundleOf(bed);
    const { authority } = await activate(server, issuing, root, middle);
    assert.equal(authority.upstreamAuthorityId, keyIdOf(root));
    assert.deepEqual(await bundleOf(bed), [...before, toHex(root.certificate.raw)]);
    const svid = await server.ca.signX509Svid(svidRequest);
    assert.deepEqual(svid.chain.slice(1), [issuing.certificate.raw, middle.certificate.raw]);
    assert.equal(await bed.isTrusted(svid), true);
    await server.stop();
  });

  test('is followed in its time by one of the server, which is told before', async () => {
    const bed = new CaTestbed();
    const server = await bed.start({ checkMs: HOUR_MS / 2 });
    await activate(server, short);
    const svids = [];
    for (let day = 0; day < 12; day++) {
      svids.push(await server.ca.signX509Svid({ ...svidRequest, ttlSeconds: 86_400 }));
      assert.ok((await Promise.all(svids.slice(-1).map((svid) => bed.isTrusted(svid)))).every(Boolean));
      const [active, other] = server.x509.current.all.toSorted(({ status }) =>
        status === 'ACTIVE' ? -1 : 1,
      );
      assert.equal(active?.authorityId === keyIdOf(short), day <= 10, `day ${day}`);
      assert.equal(warnings(bed), Math.min(Math.max(0, day - 6), 4), `day ${day}`);
      assert.equal(other?.status, day >= 10 ? 'PREPARED' : 'OLD', `day ${day}`);
      await bed.clock.advance(DAY_MS);
    }
    const [warning] = bed.log.lines.filter(({ message }) => WARNING.test(message));
    assert.deepEqual(warning?.fields, {
      kind: 'X.509',
      authorityId: keyIdOf(short),
      expiresAt: short.certificate.notAfter,
      takesOverAfter: new Date('2026-01-11T00:00:00Z'),
    });
    await server.stop();
  });

  test('is followed by another one that is imported before, in place of the one that the server made', async () => {
    const bed = new CaTestbed();
    const server = await bed.start({ checkMs: HOUR_MS / 2 });
    await activate(server, short);
    await bed.clock.advance(7 * DAY_MS);
    assert.equal(warnings(bed), 1);
    await prepare(server, root);
    assert.equal(slots(server), `ACTIVE ${keyIdOf(short)} imported, PREPARED ${keyIdOf(root)} imported`);
    await bed.clock.advance(4 * DAY_MS);
    assert.equal(slots(server), `ACTIVE ${keyIdOf(root)} imported, OLD ${keyIdOf(short)} imported`);
    assert.equal(warnings(bed), 1);
    await server.stop();
  });

  test('is there after a restart, and so is the word of what follows it', async () => {
    const bed = new CaTestbed();
    const before = await bed.start({ checkMs: HOUR_MS / 2 });
    await activate(before, short);
    await prepare(before, issuing, middle, root);
    const held = slots(before);
    await before.stop();
    const again = await bed.start({ checkMs: HOUR_MS / 2 });
    assert.equal(slots(again), held);
    await bed.clock.advance(7 * DAY_MS);
    assert.equal(warnings(bed), 0, 'another one is there to follow it');
    await byHand(again).x509.prepare();
    await again.stop();
    const last = await bed.start();
    assert.equal(warnings(bed), 1);
    assert.equal(await bed.isTrusted(await last.ca.signX509Svid(svidRequest)), true);
    await last.stop();
  });

  test('is tainted and revoked as any other, and taken no more while the bundle says so', async () => {
    const bed = new CaTestbed();
    const server = await bed.start();
    await activate(server, root);
    const { x509 } = byHand(server);
    const { authorityId } = await x509.prepare();
    await x509.activate(authorityId);
    await x509.taint(keyIdOf(root));
    await assert.rejects(
      prepare(server, root),
      isRefusal(
        Code.failedPrecondition,
        /^CA cannot be imported: authority \w+, which it is or is below, is tainted/,
      ),
    );
    await x509.revoke(keyIdOf(root));
    assert.ok(!(await bundleOf(bed)).includes(toHex(root.certificate.raw)));
    await bed.clock.advance(60_000);
    assert.ok(
      !(await bundleOf(bed)).includes(toHex(root.certificate.raw)),
      'rotation does not bring it back',
    );
    await server.stop();
  });

  test('below a root is distrusted by its root', async () => {
    const bed = new CaTestbed();
    const server = await bed.start();
    await activate(server, issuing, middle, root);
    const { x509, upstream } = byHand(server);
    const { authorityId } = await x509.prepare();
    await x509.activate(authorityId);
    await assert.rejects(
      x509.taint(keyIdOf(issuing)),
      isRefusal(Code.failedPrecondition, /can't be tainted/),
    );
    await upstream.taint(keyIdOf(root));
    await upstream.revoke(keyIdOf(root));
    assert.equal((await bundleOf(bed)).length, 2);
    await assert.rejects(
      prepare(server, issuing, middle, root),
      isRefusal(Code.failedPrecondition, /is tainted: make a CA with a new key$/),
    );
    await server.stop();
  });

  test('that is imported again goes on being prepared', async () => {
    const bed = new CaTestbed();
    const server = await bed.start();
    await prepare(server, root);
    const held = [slots(server), await bundleOf(bed)];
    await prepare(server, root);
    assert.deepEqual([slots(server), await bundleOf(bed)], held);
    await server.stop();
  });
});
