/** The X.509 CA while its clock is set: nothing that it signs may be worthless by the clocks of others. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { Code } from '../../../shared/errors.ts';
import { isRefusal } from '../../refusal.ts';
import { CaTestbed, HOUR_MS, idOf, svidRequest } from './ca-testbed.ts';

const setClock = (bed: CaTestbed, ms: number): void =>
  bed.clock.jump(new Date(bed.clock.now().getTime() + ms));

describe('an X.509 CA whose clock is set', () => {
  test('back by an hour signs nothing by an authority that is not valid yet, and soon by a new one', async () => {
    const bed = new CaTestbed();
    const { ca, x509, stop } = await bed.start();
    const first = idOf(x509);
    setClock(bed, -HOUR_MS);
    await assert.rejects(ca.signX509Svid(svidRequest), isRefusal(Code.unavailable, /not valid yet/));
    await bed.clock.advance(10_000);
    assert.notEqual(idOf(x509), first);
    assert.equal(x509.state().old?.authorityId, first);
    assert.equal(await bed.isTrusted(await ca.signX509Svid(svidRequest)), true);
    await stop();
  });

  test('on by days, as on a machine that slept, soon signs by a new authority', async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    setClock(bed, 72 * HOUR_MS);
    await assert.rejects(ca.signX509Svid(svidRequest), isRefusal(Code.unavailable, /has expired/));
    await bed.clock.advance(10_000);
    assert.equal(await bed.isTrusted(await ca.signX509Svid(svidRequest)), true);
    await stop();
  });

  test('back to before all of its authorities makes a new one when it starts again', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    await bed.clock.advance(12 * HOUR_MS + 10_000);
    const { active, prepared } = before.x509.state();
    assert.notEqual(prepared, undefined);
    await before.stop();
    setClock(bed, -24 * HOUR_MS);
    const { ca, x509, stop } = await bed.start();
    assert.ok(![active.authorityId, prepared?.authorityId].includes(idOf(x509)));
    assert.equal(await bed.isTrusted(await ca.signX509Svid(svidRequest)), true);
    await stop();
  });

  test('back by less than certificates are backdated keeps its authority', async () => {
    const bed = new CaTestbed();
    const { ca, x509, stop } = await bed.start();
    const first = idOf(x509);
    setClock(bed, -10_000);
    assert.equal(await bed.isTrusted(await ca.signX509Svid(svidRequest)), true);
    await bed.clock.advance(10_000);
    assert.equal(idOf(x509), first);
    await stop();
  });

  test('to and fro never signs past the end of its authority, nor for less than no time', async () => {
    const bed = new CaTestbed();
    const { ca, x509, stop } = await bed.start();
    for (const hours of [1, -1, 23.9, 0.2, -24, 12.1, -30, 80, -3, 23.99]) {
      setClock(bed, hours * HOUR_MS);
      for (let round = 0; round < 2; round++) {
        const issued = await ca
          .signX509Svid({ ...svidRequest, ttlSeconds: 1 + round * 1e6 })
          .catch(() => undefined);
        if (issued !== undefined) {
          const leaf = new X509Certificate(issued.chain[0] ?? new Uint8Array());
          assert.ok(leaf.validFromDate <= bed.clock.now(), 'signed for the future');
          assert.ok(leaf.validFromDate < leaf.validToDate);
          assert.ok(leaf.validToDate <= x509.state().active.certificate.notAfter);
          assert.equal(await bed.isTrusted(issued), true);
        }
        await bed.clock.advance(10_000);
      }
    }
    await stop();
  });
});
