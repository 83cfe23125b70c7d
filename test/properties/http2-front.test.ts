/** Whoever breaks HTTP/2 or its headers at the front for clients that name the socket harms nobody, himself apart. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, describe, it, test } from 'node:test';
import fc from 'fast-check';
import { FirstRequest } from '../../shared/rpc/http2-front/first-request.ts';
import { RequestRewriter } from '../../shared/rpc/http2-front/rewrite-requests.ts';
import { Door, HEADER, identity, until, update } from '../agent/workload-api/door.ts';
import {
  acknowledgement,
  continuation,
  data,
  firstHeaders,
  headers,
  nextHeaders,
  opening,
  ping,
  settings,
} from '../fakes/client-bytes.ts';
import { frame, FrameType, PREFACE } from '../fakes/http2-bytes.ts';
import { RawHttp2 } from '../fakes/raw-http2.ts';
import { wrongFrames } from '../fuzz/wrong-frames.ts';
import { Dice } from '../interop/go-x509/dice.ts';
import { seed } from '../seed.ts';

const all = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

const stream = fc.constantFrom(0, 1, 3, 5, 7);
const block = fc.oneof(
  fc.constant(firstHeaders()),
  fc.constant(nextHeaders()),
  fc.uint8Array({ maxLength: 40 }),
  fc.constant(Buffer.alloc(700, 0xbe)),
);
const anyFrame = fc
  .record({
    type: fc.integer({ min: 0, max: 11 }),
    flags: fc.integer({ min: 0, max: 255 }),
    stream,
    payload: fc.uint8Array({ maxLength: 60 }),
  })
  .map(frame);
const part = fc.oneof(
  { arbitrary: fc.tuple(stream, block).map((given) => headers(...given)), weight: 4 },
  { arbitrary: fc.tuple(stream, block, fc.constantFrom(0, 4)).map((given) => headers(...given)), weight: 2 },
  {
    arbitrary: fc.tuple(stream, block, fc.constantFrom(0, 4)).map((given) => continuation(...given)),
    weight: 2,
  },
  { arbitrary: fc.constantFrom(settings(), acknowledgement(), ping(), data(1), data(3)), weight: 4 },
  { arbitrary: anyFrame, weight: 2 },
  { arbitrary: fc.uint8Array({ maxLength: 20 }), weight: 1 },
);
const parts = fc.array(part, { maxLength: 14 }).map(all);
/** Where bytes are exchanged, and for what. */
const damages = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });

function damaged(bytes: Buffer, changes: readonly (readonly [at: number, byte: number])[]): Buffer {
  const copy = Buffer.from(bytes);
  for (const [at, byte] of changes) copy[at % copy.length] = byte;
  return copy;
}

/** Cut at any places. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, number) => bytes.subarray(ends[number - 1] ?? 0, end));
}
const places = fc.array(fc.nat(), { maxLength: 6 });

const READ_MAX_BYTES = 65_536;

test('whatever a client sends, however it is split, the same goes on, and no more than it may', () => {
  const valid = all([headers(1, firstHeaders()), data(1), headers(3, nextHeaders()), data(3)]);
  fc.assert(
    fc.property(parts, damages, fc.tuple(places, fc.boolean()), (sent, changes, how) => {
      const [where, dropsAcknowledgement] = how;
      const bytes = damaged(all([valid, sent]), changes);
      const whole = Buffer.from(new RequestRewriter({ dropsAcknowledgement }).read(bytes));
      const rewriter = new RequestRewriter({ dropsAcknowledgement });
      const split = all(cut(bytes, where).map((chunk) => rewriter.read(chunk)));
      assert.ok(split.equals(whole));
      assert.ok(whole.length <= bytes.length + 15 * READ_MAX_BYTES);
    }),
    { seed, numRuns: 1_500 },
  );
});

test('whatever a connection begins with, however it is split, the verdict is one, and nothing is lost', () => {
  fc.assert(
    fc.property(parts, damages, places, (sent, changes, where) => {
      const bytes = damaged(all([PREFACE, settings(), sent]), changes);
      const whole = new FirstRequest();
      whole.add(bytes);
      const split = new FirstRequest();
      let taken: Buffer = Buffer.alloc(0);
      for (const chunk of cut(bytes, where)) {
        if (split.verdict !== 'unknown') break;
        split.add(chunk);
        taken = all([taken, chunk]);
      }
      assert.ok(taken.equals(split.held));
      if (whole.verdict === 'unknown') assert.equal(split.verdict, 'unknown');
    }),
    { seed, numRuns: 1_500 },
  );
});

describe('the Workload API', () => {
  const door = new Door({ inputMaxBytes: Number.POSITIVE_INFINITY });
  before(async () => {
    await door.start();
    door.identities.push(update([identity('/web')]));
  });
  after(() => door.stop());

  async function serves(): Promise<void> {
    const calls = door.client().serverStream('FetchX509SVID', {}, HEADER);
    assert.equal((await calls.next()).value?.svids.length, 1);
    await calls.return?.(undefined);
  }

  async function send(bytes: Uint8Array, isHalf = false): Promise<void> {
    const socket = connect(door.path);
    await once(socket, 'connect');
    const client = RawHttp2.silentOn(socket);
    client.write(bytes);
    if (isHalf) socket.end();
    else if (!socket.destroyed) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
  }

  it('serves the others whatever is sent in the name of such a client', async () => {
    await serves();
    await until(() => door.api.connectionCount === 1);
    const descriptors = readdirSync('/proc/self/fd').length;
    await fc.assert(
      fc.asyncProperty(parts, damages, fc.boolean(), async (sent, changes, isHalf) => {
        const begun = opening();
        await send(all([begun, damaged(all([ping(), sent]), changes)]), isHalf);
        await send(damaged(all([begun, sent]), changes), isHalf);
      }),
      { seed, numRuns: 150 },
    );
    for (const bytes of Object.values(wrongFrames('/SpiffeWorkloadAPI/FetchX509SVID', new Dice(seed))))
      await send(all([opening(), bytes]));
    await serves();
    await until(() => door.api.connectionCount <= 2);
    await until(() => readdirSync('/proc/self/fd').length <= descriptors + 8);
    assert.deepEqual(door.log.messages('error'), []);
  });

  it('answers what is sound behind any frames of unknown kinds', async () => {
    const unknown = fc.record({ type: fc.integer({ min: 32, max: 255 }), stream, payload: fc.uint8Array() });
    await fc.assert(
      fc.asyncProperty(fc.array(unknown.map(frame), { maxLength: 5 }), places, async (frames, where) => {
        const socket = connect(door.path);
        await once(socket, 'connect');
        const client = RawHttp2.silentOn(socket);
        client.acknowledges = false; // that would come in the middle of a frame
        const bytes = all([PREFACE, settings(), ...frames, headers(1, firstHeaders()), ...frames, data(1)]);
        for (const chunk of cut(bytes, where)) {
          client.write(chunk);
          await new Promise((resolve) => setImmediate(resolve));
        }
        const isMessage = ({ type, payload }: { type: number; payload: Buffer }): boolean =>
          type === FrameType.data && payload.length > 5;
        assert.ok(await client.find(isMessage));
        socket.destroy();
      }),
      { seed, numRuns: 25 },
    );
  });
});
