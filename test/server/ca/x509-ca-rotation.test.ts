/** The X.509 CA over time: when authorities follow each other, what is said, what happens on failures. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toHex } from '../../../shared/bytes.ts';
import { subjectKeyId } from '../../../shared/crypto/keys.ts';
import { CaTestbed, HOUR_MS, idOf, svidRequest } from './ca-testbed.ts';

describe('an X.509 CA rotates', () => {
  test('prepares at half of the life and activates at five sixths, telling the listeners', async () => {
    const bed = new CaTestbed();
    const { x509, stop } = await bed.start();
    let changes = 0;
    const forget = x509.onChange(() => changes++);
    const first = idOf(x509);

    await bed.clock.advance(12 * HOUR_MS);
    assert.equal(x509.state().prepared, undefined);
    await bed.clock.advance(10_000);
    const { prepared } = x509.state();
    assert.equal(prepared?.status, 'PREPARED');
    assert.equal(prepared?.slot, 'B');
    assert.equal(changes, 2);
    assert.equal((await bed.authorities()).length, 2);

    await bed.clock.advance(8 * HOUR_MS - 10_000);
    assert.equal(idOf(x509), first);
    await bed.clock.advance(10_000);
    assert.equal(idOf(x509), prepared?.authorityId);
    assert.equal(x509.state().old?.authorityId, first);
    assert.equal(x509.state().prepared, undefined);
    assert.equal(changes, 3);
    forget();
    await bed.clock.advance(24 * HOUR_MS);
    assert.equal(changes, 3);
    await stop();
    assert.equal(bed.clock.sleeping, 0);
  });

  test('names an authority by the hex of its subject key identifier', async () => {
    const bed = new CaTestbed();
    const { x509, stop } = await bed.start();
    const { active } = x509.state();
    await stop();
    assert.equal(active.authorityId, toHex(subjectKeyId(active.certificate.publicKey)));
  });

  test('goes on after failures, with a warning at first and an error when the end is near', async () => {
    const bed = new CaTestbed();
    const { x509, stop } = await bed.start();
    const first = idOf(x509);
    await bed.clock.advance(12 * HOUR_MS);
    bed.keyManager.failWith(new Error('no keys today'));
    await bed.clock.advance(HOUR_MS);
    const warnings = bed.log.messages('warn').filter((message) => message.startsWith('X.509'));
    assert.ok(warnings.length > 1 && warnings.length <= 61, `${warnings.length} warnings in an hour`);
    assert.deepEqual(bed.log.messages('error'), []);

    await bed.clock.advance(7 * HOUR_MS + 120_000);
    const error = bed.log.lines.findLast(({ level }) => level === 'error');
    assert.match(error?.message ?? '', /expires soon.*bring back the database and the key manager/);
    assert.equal(error?.fields['error'], 'no keys today');
    assert.equal(typeof error?.fields['leftSeconds'], 'number');

    bed.keyManager.failWith(undefined);
    await bed.clock.advance(10_000);
    assert.ok(bed.log.messages('info').includes('X.509 authorities can be rotated again'));
    assert.notEqual(x509.state().prepared, undefined);
    assert.equal(idOf(x509), first, 'the new authority first gets time to be known');
    await bed.clock.advance(25 * 60_000 + 10_000);
    assert.notEqual(idOf(x509), first);
    await stop();
  });

  test('appends an authority that the database has lost', async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    bed.bundles.clear();
    await bed.clock.advance(10_000);
    assert.equal(await bed.isTrusted(await ca.signX509Svid(svidRequest)), true);
    assert.match(bed.log.messages('warn').join(), /lost from the bundle/);
    await stop();
  });

  test('never appends an old authority again: it may have been revoked', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    await bed.clock.advance(21 * HOUR_MS);
    const { active, old } = before.x509.state();
    assert.notEqual(old, undefined);
    await before.stop();
    bed.bundles.clear();
    const after = await bed.start();
    await bed.clock.advance(60_000);
    await after.stop();
    assert.deepEqual(
      (await bed.authorities()).map(({ certificate }) => certificate),
      [active.certificate.raw],
    );
  });
});
