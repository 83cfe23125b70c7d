/** What a real Envoy sent over SDS, byte for byte (test/wire/envoy), replayed. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Door, identity, until, update } from '../workload-api/door.ts';
import { RawCall } from './raw-call.ts';

const WIRE = join(import.meta.dirname, '..', '..', 'wire', 'envoy');
const NONCE = /c0ffee0[12]/; // of the stand-in that Envoy was recorded with: as long as ours

const recorded = (name: string): Buffer => gunzipSync(readFileSync(join(WIRE, `${name}.bin.gz`)));

/** The same about an answer of ours. */
const about = (message: Buffer, nonce: string): Buffer => {
  const text = message.toString('latin1');
  assert.match(text, NONCE);
  return Buffer.from(text.replace(NONCE, nonce), 'latin1');
};

describe('an Envoy 1.40', () => {
  let door: Door;
  beforeEach(async () => {
    door = new Door();
    await door.start();
    door.identities.push(update([identity('/web')]));
  });
  afterEach(() => door.stop());

  for (const [kind, rpc] of [
    ['sotw', 'StreamSecrets'],
    ['delta', 'DeltaSecrets'],
  ] as const)
    it(`subscribes, takes a secret and refuses one: ${rpc}`, async () => {
      const call = new RawCall(door.path, rpc);
      const subscription = recorded(`${kind}-subscribe`);
      assert.ok(subscription.length > 60_000, 'it tells of all its parts');
      call.send(subscription);
      const first = await call.next();
      assert.equal(first.resources.length, 1);
      call.send(about(recorded(`${kind}-ack`), first.nonce));
      door.identities.push(update([identity('/web')], { federatedBundles: [] }));
      door.identities.push(update([identity('/next')]));
      const second = await call.next();
      assert.notDeepEqual(second.resources, first.resources);
      call.send(about(recorded(`${kind}-nack`), second.nonce));
      await until(() => door.log.lines.some(({ level }) => level === 'error'));
      const [line] = door.log.lines.filter(({ level }) => level === 'error');
      assert.equal(line?.message, 'Envoy reported errors applying secrets');
      assert.match(String(line.fields['error']), /^Unable to unpack as envoy\.extensions\.\S+\.Secret/);
      assert.deepEqual(line.fields['names'], ['default']);
      door.identities.push(update([identity('/third')]));
      assert.equal((await call.next()).resources.length, 1);
      await call.close();
    });
});
