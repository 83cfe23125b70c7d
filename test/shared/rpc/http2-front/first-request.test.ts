import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Flag } from '../../../../shared/rpc/http2/frames.ts';
import { FirstRequest, type Verdict } from '../../../../shared/rpc/http2-front/first-request.ts';
import {
  acknowledgement,
  continuation,
  data,
  firstHeaders,
  headers,
  opening,
  ping,
  settings,
} from '../../../fakes/client-bytes.ts';
import { PREFACE } from '../../../fakes/http2-bytes.ts';

const all = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);
const begun = all(PREFACE, settings());

function judged(...chunks: readonly Uint8Array[]): FirstRequest {
  const first = new FirstRequest();
  for (const chunk of chunks) first.add(chunk);
  return first;
}

const [block, half] = [firstHeaders(), 30];
const padded = all(Buffer.of(3), block, Buffer.alloc(3));

/** A header of 4,000 bytes in the table (RFC 7541 6.2.1), and then named by one byte again and again: 200 MB when written out. */
function repeated(nameIndex: number, last: number): Uint8Array {
  const value = Buffer.alloc(4_000, 'a');
  value[3_999] = last;
  const long = all(Buffer.of(0x40 | nameIndex, 0x7f, 0xa1, 0x1e), value);
  const whole = all(long, Buffer.alloc(50_000, 0xbe));
  const parts = [0, 1, 2, 3].map((at) => whole.subarray(at * 16_000, (at + 1) * 16_000));
  return all(
    begun,
    ...parts.map((part, at) =>
      at === 0 ? headers(1, part, 0) : continuation(1, part, at === 3 ? Flag.endHeaders : 0),
    ),
  );
}

const cases: Readonly<Record<string, readonly [bytes: Uint8Array, verdict: Verdict]>> = {
  nothing: [all(), 'unknown'],
  'half a preface': [PREFACE.subarray(0, 10), 'unknown'],
  'no more than settings': [begun, 'unknown'],
  'settings and a ping': [all(begun, ping()), 'unknown'],
  'half of the headers': [all(begun, headers(1, block.subarray(0, half), 0)), 'unknown'],
  "a request with the socket's path": [opening(), 'relayed'],
  'one whose headers come in two parts': [
    all(begun, headers(1, block.subarray(0, half), 0), continuation(1, block.subarray(half))),
    'relayed',
  ],
  'one whose headers are padded': [all(begun, headers(1, padded, Flag.endHeaders | Flag.padded)), 'relayed'],
  'one whose stream has a priority': [
    all(begun, headers(1, all(Buffer.alloc(5), block), Flag.endHeaders | Flag.priority)),
    'relayed',
  ],
  'no authority at all': [all(begun, headers(1, block.subarray(34))), 'served'],
  'a host': [opening('localhost'), 'served'],
  'a path that is coded': [opening('%2Ftmp%2Fapi.sock'), 'served'],
  'an authority with a control, again and again': [repeated(1, 0x7f), 'served'],
  'a path that unfolds into more than any header may': [repeated(4, 0x61), 'served'],
  'HTTP/1.1': [Buffer.from('GET / HTTP/1.1\r\n'), 'served'],
  'one wrong byte of the preface': [Buffer.from('PRI * HTTP/2.1'), 'served'],
  'another frame than settings': [all(PREFACE, ping()), 'served'],
  'a frame that is too long': [all(begun, Buffer.from('004001000000000000', 'hex')), 'served'],
  'headers that cannot be read': [all(begun, headers(1, Buffer.alloc(9, 0xff))), 'served'],
  'more padding than room': [all(begun, headers(1, all(Buffer.of(200), block), Flag.padded)), 'served'],
  'a continuation of nothing': [all(begun, continuation(1, block)), 'served'],
  'headers that are interrupted': [all(begun, headers(1, block.subarray(0, half), 0), ping()), 'served'],
  'headers that go on on another stream': [
    all(begun, headers(1, block.subarray(0, half), 0), continuation(3, block.subarray(half))),
    'served',
  ],
  'headers in more parts than anybody sends': [
    all(begun, headers(1, block, 0), ...Array.from({ length: 9 }, () => continuation(1, Buffer.of(0x83), 0))),
    'served',
  ],
  'more than anybody sends without a request': [
    all(begun, ...Array.from({ length: 4_000 }, () => ping())),
    'served',
  ],
};

describe('the first request of a connection', () => {
  for (const [what, [bytes, verdict]] of Object.entries(cases)) {
    it(`that is ${what}: ${verdict}, wherever the bytes are split`, () => {
      assert.equal(judged(bytes).verdict, verdict);
      const step = Math.max(1, Math.floor(bytes.length / 300)); // each byte, where there are not too many
      for (let at = 1; at < bytes.length; at += bytes.length > 10_000 ? 40 * step : step) {
        const first = judged(bytes.subarray(0, at), bytes.subarray(at));
        assert.equal(first.verdict, verdict, `split at ${at}`);
        assert.ok(Buffer.from(bytes).equals(first.held));
      }
    });
  }

  it('is judged when it is whole, byte by byte', () => {
    const bytes = opening();
    const first = new FirstRequest();
    const whole = bytes.length - data(1).length;
    for (let at = 0; at < bytes.length; at += 1) {
      assert.equal(first.verdict, at < whole ? 'unknown' : 'relayed');
      first.add(bytes.subarray(at, at + 1));
    }
    assert.ok(Buffer.from(first.held).equals(bytes));
  });
});

describe('a client that waits for settings', () => {
  it('is known by its own', () => {
    const first = judged(PREFACE, settings().subarray(0, 9));
    assert.equal(first.awaitsSettings, false);
    first.add(settings().subarray(9));
    assert.equal(first.awaitsSettings, true);
    first.settingsSent();
    assert.equal(first.awaitsSettings, false);
  });

  const request = all(headers(1, firstHeaders('localhost')), data(1));
  for (const [when, rest] of Object.entries({
    before: all(acknowledgement(), request),
    behind: all(request, acknowledgement(), ping()),
  }))
    it(`has its acknowledgement kept from Node when it comes ${when} the request`, () => {
      for (let at = 0; at < rest.length; at += 1) {
        const first = judged(begun);
        first.settingsSent();
        first.add(rest.subarray(0, at));
        first.add(rest.subarray(at));
        assert.equal(first.verdict, 'served');
        const sent = all(begun, rest).toString('hex');
        const kept = sent.replace(all(acknowledgement()).toString('hex'), '');
        assert.equal(all(first.held).toString('hex'), kept);
      }
    });

  it('waits with its request for that acknowledgement, which only a relay could keep from Node later', () => {
    const first = judged(begun);
    first.settingsSent();
    first.add(request);
    assert.equal(first.verdict, 'unknown');
    for (let sent = 0; sent < 5; sent += 1) first.add(data(1, Buffer.alloc(16_000)));
    assert.equal(first.verdict, 'relayed');
    assert.equal(first.awaitsAcknowledgement, true);
  });

  it('is relayed without a wait', () => {
    const first = judged(begun);
    first.settingsSent();
    first.add(headers(1, firstHeaders()));
    assert.equal(first.verdict, 'relayed');
    assert.equal(first.awaitsAcknowledgement, true);
  });
});
