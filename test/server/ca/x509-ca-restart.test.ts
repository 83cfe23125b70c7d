/** The X.509 CA after a restart, with all that it left, and with parts of that lost. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryKeyManager } from '../../../server/key-manager/memory.ts';
import { Code } from '../../../shared/errors.ts';
import { isRefusal } from '../../refusal.ts';
import { CaTestbed, HOUR_MS, idOf, svidRequest, workloadId } from './ca-testbed.ts';

describe('an X.509 CA after a restart', () => {
  test('goes on with the authority that it had', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    const first = idOf(before.x509);
    await before.stop();
    await bed.clock.advance(HOUR_MS);
    const after = await bed.start();
    assert.equal(idOf(after.x509), first);
    assert.equal((await bed.authorities()).length, 1);
    assert.equal(bed.journals.records.length, 1);
    await after.stop();
  });

  test('goes on with active, prepared and old authorities, each in its slot', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    for (const hours of [13, 21]) {
      await bed.clock.advance(
        hours * HOUR_MS - (bed.clock.now().getTime() - Date.parse('2026-01-01T00:00:00Z')),
      );
      const state = before.x509.state();
      const after = await bed.start();
      for (const status of ['active', 'prepared', 'old'] as const) {
        assert.equal(after.x509.state()[status]?.authorityId, state[status]?.authorityId);
        assert.equal(after.x509.state()[status]?.slot, state[status]?.slot);
      }
      await after.stop();
    }
    await before.stop();
  });

  test('makes a new authority in the same journal when the old ones have expired', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    const first = idOf(before.x509);
    await before.stop();
    await bed.clock.advance(24 * HOUR_MS);
    const after = await bed.start();
    assert.notEqual(idOf(after.x509), first);
    assert.equal(bed.journals.records.length, 1);
    assert.equal(await bed.isTrusted(await after.ca.signX509Svid(svidRequest)), true);
    await after.stop();
  });

  test('with keys in memory makes a new authority, and the old SVIDs stay valid', async () => {
    const bed = new CaTestbed();
    const before = await bed.start({ keyManager: new MemoryKeyManager() });
    const first = idOf(before.x509);
    const svid = await before.ca.signX509Svid(svidRequest);
    await before.stop();
    const after = await bed.start({ keyManager: new MemoryKeyManager() });
    assert.notEqual(idOf(after.x509), first);
    assert.equal(await bed.isTrusted(svid), true);
    assert.equal(await bed.isTrusted(await after.ca.signX509Svid(svidRequest)), true);
    await after.stop();
  });

  test('appends its authority before it serves when the bundle was lost', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    const first = idOf(before.x509);
    await before.stop();
    bed.bundles.clear();
    const after = await bed.start();
    assert.equal(idOf(after.x509), first);
    assert.equal(await bed.isTrusted(await after.ca.signX509Svid(svidRequest)), true);
    await after.stop();
  });

  test('does not take up an authority whose key was replaced, nor one of another trust domain', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    await bed.clock.advance(13 * HOUR_MS);
    const { active, prepared } = before.x509.state();
    await before.stop();
    await bed.keyManager.generateKey('x509-CA-B', 'ec-p256');
    const after = await bed.start();
    assert.equal(idOf(after.x509), active.authorityId);
    assert.notEqual(after.x509.state().prepared?.authorityId, prepared?.authorityId);
    assert.ok(bed.log.lines.some(({ fields }) => fields['because'] === 'its key was replaced'));
    await after.stop();
  });

  test('goes on after the key of the old authority was lost', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    await bed.clock.advance(21 * HOUR_MS);
    const second = idOf(before.x509);
    await before.stop();
    bed.keyManager.forget('x509-CA-A');
    const after = await bed.start();
    assert.equal(idOf(after.x509), second);
    assert.equal(after.x509.state().old, undefined);
    await after.stop();
  });

  test('does not start on a journal that it cannot read', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    await before.stop();
    const [record] = bed.journals.records;
    assert.ok(record !== undefined);
    await bed.journals.save({ ...record, content: Uint8Array.of(0x7b) });
    await assert.rejects(bed.start(), isRefusal(Code.internal, /ca journal cannot be read/));
  });

  test('after days in which it was stopped replaces every authority that has ended', async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    await bed.clock.advance(13 * HOUR_MS);
    bed.clock.stall(72 * HOUR_MS);
    await bed.clock.advance(0);
    const svid = await ca.signX509Svid({ ...svidRequest, spiffeId: workloadId });
    assert.equal(await bed.isTrusted(svid), true);
    await stop();
  });
});
