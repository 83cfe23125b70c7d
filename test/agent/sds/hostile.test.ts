/** What a process can make the agent do by SDS. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Code } from '../../../shared/errors.ts';
import { messageType } from '../../../shared/rpc/messages.ts';
import { WireWriter } from '../../../shared/rpc/wire-format.ts';
import { bundleOf, Door, identity, until, update } from '../workload-api/door.ts';
import { RawCall } from './raw-call.ts';
import { openStream } from './xds.ts';

const KIB = 1_024;

describe('a client of SDS', () => {
  let door: Door;
  const calls: RawCall[] = [];
  beforeEach(async () => {
    door = new Door({ rates: { calls: { perSecond: 1, burst: 40 } } });
    await door.start();
    door.identities.push(update([identity('/web')]));
  });
  afterEach(async () => {
    for (const call of calls.splice(0)) await call.close();
    await door.stop();
  });

  function open(): RawCall {
    const call = new RawCall(door.path, 'StreamSecrets');
    calls.push(call);
    return call;
  }

  const nodeOf = (bytes: number) => ({
    metadata: messageType('google.protobuf.Struct').encode({
      fields: { note: { stringValue: 'x'.repeat(bytes) } },
    }),
  });

  it('may tell much of its node, to a bound', async () => {
    const call = open();
    call.ask({ resource_names: ['default'], node: nodeOf(400 * KIB) });
    assert.equal((await call.next()).resources.length, 1);
    const other = open();
    other.ask({ resource_names: ['default'], node: nodeOf(600 * KIB) });
    assert.equal(await other.ended(), '8'); // ResourceExhausted
  });

  it('is served whatever its metadata holds, thousands of levels or a quarter of a million values, which nobody unfolds', async () => {
    const struct = messageType('google.protobuf.Struct');
    let metadata = struct.encode({ fields: {} });
    for (let level = 0; level < 5_000; level += 1) {
      const value = new WireWriter();
      value.tag(5, 2); // Value.struct_value
      value.bytes(metadata);
      const entry = new WireWriter();
      entry.tag(2, 2); // the value of an entry of Struct.fields
      entry.bytes(value.finish());
      const fields = new WireWriter();
      fields.tag(1, 2);
      fields.bytes(entry.finish());
      metadata = fields.finish();
    }
    const node = new WireWriter();
    node.tag(3, 2);
    node.bytes(metadata);
    const request = new WireWriter();
    request.tag(2, 2);
    request.bytes(node.finish());
    const call = open();
    request.tag(3, 2); // resource_names
    request.bytes(Buffer.from('default'));
    call.send(request.finish());
    assert.equal((await call.next()).resources.length, 1);
  });

  it('is cut off when it asks again and again, by any nonce', async () => {
    const stream = openStream(door);
    for (let at = 0; at < 100; at += 1) stream.ask([`${at}`], { response_nonce: `${at}` });
    await assert.rejects(stream.next(), { code: Code.unavailable, message: 'user 1000 calls too often' });
  });

  it('pays for many names as for many requests', async () => {
    const stream = openStream(door);
    const names = (from: number) => Array.from({ length: 250 }, (_, at) => `${from}-${at}`);
    for (let at = 0; at < 3; at += 1) stream.ask(names(at));
    await assert.rejects(stream.next(), { code: Code.unavailable });
  });

  it('that never reads has one answer waiting, and gets the latest when it does', async () => {
    const call = open();
    call.ask({ resource_names: ['ROOTCA'] });
    await until(() => door.identities.subscribed.length === 1);
    const rounds = door.api.pushRounds;
    const pushes = 60;
    for (let at = 0; at < pushes; at += 1) {
      const bundle = bundleOf('example.org', `${at}`, 'x'.repeat(48 * KIB));
      door.identities.push(update([identity('/web')], { bundle }));
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    const told = door.api.pushRounds - rounds;
    assert.ok(told <= 3, `${told} answers were made`);
    let last = '';
    let answers = 0;
    while (!last.includes(Buffer.from(`${pushes - 1}`).toString('base64'))) {
      last = JSON.stringify((await call.next()).resources.map((one) => String((one as Any).value)));
      answers += 1;
    }
    assert.ok(answers <= 5, `${answers} answers had been kept`);
  });
});

interface Any {
  readonly value: Buffer;
}
