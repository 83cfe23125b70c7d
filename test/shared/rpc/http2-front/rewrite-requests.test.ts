import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Flag, type Frame, FrameReader, FrameType, writeFrame } from '../../../../shared/rpc/http2/frames.ts';
import { HeaderTable } from '../../../../shared/rpc/http2/header-table.ts';
import { decodeFields } from '../../../../shared/rpc/http2/hpack.ts';
import { RequestRewriter } from '../../../../shared/rpc/http2-front/rewrite-requests.ts';
import {
  acknowledgement,
  continuation,
  data,
  firstHeaders,
  headers,
  nextHeaders,
  ping,
  settings,
} from '../../../fakes/client-bytes.ts';

const all = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

function rewritten(bytes: Uint8Array, dropsAcknowledgement = false): Buffer {
  return Buffer.from(new RequestRewriter({ dropsAcknowledgement }).read(bytes));
}

const framesOf = (bytes: Uint8Array): readonly Frame[] => [...new FrameReader().read(bytes)];

/** Read as Node reads them: nothing was ever to be remembered. */
const fieldsOf = (block: Uint8Array): readonly string[] =>
  [...decodeFields(block, new HeaderTable(0))].map(({ name, value }) => `${name}: ${value}`);

const REQUEST = [
  ':authority: localhost',
  ':path: /SpiffeWorkloadAPI/FetchX509SVID',
  ':method: POST',
  ':scheme: http',
  'content-type: application/grpc',
  'te: trailers',
  'workload.spiffe.io: true',
];

const requests = all(
  settings(),
  acknowledgement(),
  headers(1, firstHeaders()),
  data(1),
  ping(),
  headers(3, nextHeaders().subarray(0, 3), 0),
  continuation(3, nextHeaders().subarray(3), 0),
  continuation(3, new Uint8Array()),
  data(3),
  headers(1, Buffer.of(0xbe), Flag.endHeaders | Flag.endStream),
  acknowledgement(),
);

describe('the requests of a client that names the socket', () => {
  it('say another authority, and all else that they said', () => {
    const frames = framesOf(rewritten(requests));
    assert.deepEqual(
      frames.map(({ type }) => type),
      [4, 4, 1, 0, 6, 1, 0, 1, 4],
    );
    const blocks = frames.filter(({ type }) => type === FrameType.headers);
    assert.deepEqual(
      blocks.map(({ payload }) => fieldsOf(payload)),
      [REQUEST, REQUEST, ['workload.spiffe.io: true']],
    );
    assert.deepEqual(
      blocks.map(({ flags, stream }) => [flags, stream]),
      [
        [Flag.endHeaders, 1],
        [Flag.endHeaders, 3],
        [Flag.endHeaders | Flag.endStream, 1],
      ],
    );
  });

  it('come out the same wherever they are split', () => {
    const whole = rewritten(requests, true);
    for (let at = 1; at < requests.length; at += 1) {
      const rewriter = new RequestRewriter({ dropsAcknowledgement: true });
      const halves = all(rewriter.read(requests.subarray(0, at)), rewriter.read(requests.subarray(at)));
      assert.ok(halves.equals(whole), `split at ${at}`);
    }
    const rewriter = new RequestRewriter({ dropsAcknowledgement: true });
    assert.ok(all(...[...requests].map((byte) => rewriter.read(Buffer.of(byte)))).equals(whole));
  });

  it('lose one acknowledgement, of the settings that Node did not send', () => {
    const countOf = (bytes: Uint8Array): number =>
      framesOf(bytes).filter(({ type, flags }) => type === FrameType.settings && flags === Flag.ack).length;
    assert.equal(countOf(rewritten(requests, false)), 2);
    assert.equal(countOf(rewritten(requests, true)), 1);
  });

  it('keep their priority and lose their padding', () => {
    const priority = Buffer.from('8000000305', 'hex');
    const payload = all(Buffer.of(7), priority, firstHeaders(), Buffer.alloc(7));
    const [frame] = framesOf(rewritten(headers(1, payload, 4 | Flag.padded | Flag.priority)));
    assert.equal(frame?.flags, Flag.endHeaders | Flag.priority);
    assert.ok(priority.equals(frame?.payload.subarray(0, 5) ?? Buffer.of()));
    assert.deepEqual(fieldsOf(frame?.payload.subarray(5) ?? Buffer.of()), REQUEST);
  });

  it('take as many frames as they need', () => {
    const large = all(Buffer.of(0x40, 1, 0x61, 0x7f, 0xa1, 0x1e), Buffer.alloc(4_000, 0x62)); // a: bbbb…
    const [first, ...others] = framesOf(
      rewritten(headers(1, all(firstHeaders(), large, Buffer.alloc(14, 0xbe)))),
    );
    assert.equal(first?.flags, 0);
    assert.deepEqual(
      others.map(({ type, flags }) => [type, flags]),
      [
        [FrameType.continuation, 0],
        [FrameType.continuation, 0],
        [FrameType.continuation, Flag.endHeaders],
      ],
    );
    const fields = fieldsOf(all(first?.payload ?? Buffer.of(), ...others.map(({ payload }) => payload)));
    assert.deepEqual(fields, [...REQUEST, ...Array.from({ length: 15 }, () => `a: ${'b'.repeat(4_000)}`)]);
  });

  it('are what python-hpack wrote, over whole connections', () => {
    const path = new URL('../../../vectors/hpack/connections.json', import.meta.url);
    const connections = JSON.parse(readFileSync(path, 'utf8')) as readonly (readonly {
      readonly block: string;
      readonly fields: readonly (readonly [name: string, value: string])[];
    }[])[];
    for (const blocks of connections) {
      const rewriter = new RequestRewriter({ dropsAcknowledgement: false });
      for (const [number, { block, fields }] of blocks.entries()) {
        const bytes = headers(1 + 2 * number, Buffer.from(block, 'hex'));
        const read = fieldsOf(all(...framesOf(rewriter.read(bytes)).map(({ payload }) => payload)));
        const expected = fields.map(
          ([name, value]) => `${name}: ${value.startsWith('/tmp') ? 'localhost' : value}`,
        );
        assert.deepEqual(read, expected);
      }
    }
  });
});

describe('what no client may send', () => {
  const unreadable = headers(1, Buffer.of(0x80));
  const begun = headers(1, new Uint8Array(), 0);
  const tooLong = Buffer.from('004001010400000001', 'hex');
  const half = headers(1, firstHeaders().subarray(0, 30), 0);
  const push = writeFrame({ type: FrameType.pushPromise, flags: 4, stream: 1, payload: Buffer.alloc(9) });
  const badPadding = headers(1, Buffer.of(9, 0x83), Flag.endHeaders | Flag.padded);
  const many = Array.from({ length: 9 }, () => continuation(1, Buffer.of(0x83), 0));

  const cases: Readonly<Record<string, readonly [bytes: Uint8Array, passed: Uint8Array]>> = {
    'headers that cannot be read': [headers(1, Buffer.of(0xff, 0xff)), unreadable],
    'a number that nothing has': [headers(1, Buffer.of(0xc8)), unreadable],
    'headers in too many parts': [all(half, ...many), unreadable],
    'headers that are too long': [
      all(half, ...Array.from({ length: 5 }, () => continuation(1, Buffer.alloc(16_000), 0))),
      unreadable,
    ],
    'a few bytes that mean many headers': [
      headers(1, all(firstHeaders(), Buffer.alloc(2_000, 0xbe))),
      unreadable,
    ],
    'a frame between the parts of headers': [all(half, ping()), all(begun, ping())],
    'a part of the headers of another stream': [
      all(half, continuation(3, Buffer.of(0x83))),
      all(begun, continuation(3, Buffer.of(0x83))),
    ],
    'a part of no headers': [continuation(1, Buffer.of(0x83)), continuation(1, Buffer.of(0x83))],
    'a promise': [push, push],
    'more padding than room': [badPadding, badPadding],
    'a frame that is too long': [tooLong, tooLong],
  };
  for (const [what, [bytes, passed]] of Object.entries(cases))
    it(`is Node's to answer: ${what}`, () => {
      const rewriter = new RequestRewriter({ dropsAcknowledgement: true });
      const behind = all(acknowledgement(), ping());
      const read = all(rewriter.read(bytes), rewriter.read(behind));
      assert.equal(read.toString('hex'), all(passed, behind).toString('hex'));
    });
});
