/** Calls of the small client to peers that do as they please. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Code, CodedError } from '../../../../shared/errors.ts';
import { callLocal } from '../../../../shared/rpc/local/call.ts';
import { encodeHeaders } from '../../../../shared/rpc/http2/hpack.ts';
import { Flag, FrameType, writeFrame } from '../../../../shared/rpc/http2/frames.ts';
import { NoServer } from '../../../../shared/rpc/local/http2-request.ts';
import { withPrefix } from '../../../../shared/rpc/local/length-prefix.ts';

const directory = mkdtempSync(join(tmpdir(), 'writ-peer-'));
const servers: Server[] = [];
const sockets: Socket[] = [];
after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

/** A peer that answers the first bytes with these. */
function listen(meet: (socket: Socket) => void): Promise<string> {
  const path = join(directory, `${servers.length}.sock`);
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.once('data', () => meet(socket));
  });
  servers.push(server);
  return new Promise((resolve) => server.listen(path, () => resolve(path)));
}

async function call(path: string): Promise<Buffer[]> {
  const messages: Buffer[] = [];
  const options = { path, method: '/a/B', request: Buffer.from('ask'), timeoutMs: 10_000 };
  for await (const message of callLocal(options)) messages.push(Buffer.from(message));
  return messages;
}

const ONE = 1;
const bytes = (...all: readonly (Uint8Array | string)[]): Buffer =>
  Buffer.concat(all.map((each) => (typeof each === 'string' ? Buffer.from(each, 'hex') : each)));
const frame = (
  type: number,
  payload: Uint8Array | string = '',
  { flags = 0, stream = ONE } = {},
): Uint8Array => writeFrame({ type, flags, stream, payload: bytes(payload) });
const headers = (all: Readonly<Record<string, string>>, flags: number = Flag.endHeaders): Uint8Array =>
  frame(FrameType.headers, encodeHeaders(all), { flags });
const END = Flag.endHeaders | Flag.endStream;
const SETTINGS = frame(FrameType.settings, '', { stream: 0 });
const HEADERS = headers({ ':status': '200', 'content-type': 'application/grpc+proto' });
const OK = headers({ 'grpc-status': '0' }, END);
const HELLO = frame(FrameType.data, withPrefix(Buffer.from('hello')));
const goaway = (last: string): Uint8Array => frame(FrameType.goaway, `${last}00000000`, { stream: 0 });

describe('a peer that does it its own way is understood when it', () => {
  const cases: Readonly<Record<string, readonly (Uint8Array | string)[]>> = {
    'says it plainly': [SETTINGS, HEADERS, HELLO, OK],
    'sends byte by byte': [bytes(SETTINGS, HEADERS, HELLO, OK)],
    'pads its data': [
      SETTINGS,
      HEADERS,
      frame(FrameType.data, bytes('03', withPrefix(Buffer.from('hello')), '000000'), { flags: Flag.padded }),
      OK,
    ],
    'pads and ranks its headers': [
      SETTINGS,
      frame(
        FrameType.headers,
        bytes('01', '0000000005', '88', encodeHeaders({ 'content-type': 'application/grpc' }), '00'),
        {
          flags: Flag.endHeaders | Flag.padded | Flag.priority,
        },
      ),
      HELLO,
      OK,
    ],
    'splits headers over frames': [
      SETTINGS,
      frame(FrameType.headers, '88'),
      frame(FrameType.continuation),
      frame(FrameType.continuation, encodeHeaders({ 'content-type': 'application/grpc' }), {
        flags: Flag.endHeaders,
      }),
      HELLO,
      OK,
    ],
    'splits a message over frames': [
      SETTINGS,
      HEADERS,
      frame(FrameType.data, '0000'),
      frame(FrameType.data),
      frame(FrameType.data, bytes('000005', Buffer.from('hel'))),
      frame(FrameType.data, Buffer.from('lo')),
      OK,
    ],
    'says first that more headers are to come': [SETTINGS, headers({ ':status': '103' }), HEADERS, HELLO, OK],
    'asks, ranks, and says what nobody knows': [
      SETTINGS,
      frame(FrameType.ping, '0102030405060708', { stream: 0 }),
      frame(FrameType.priority, '0000000005', { stream: 7 }),
      frame(99, 'ffff', { stream: 3 }),
      frame(FrameType.windowUpdate, '00000001', { stream: 0 }),
      HEADERS,
      HELLO,
      OK,
    ],
    'is stopping, but answers what it has seen': [SETTINGS, goaway('00000001'), HEADERS, HELLO, OK],
  };
  for (const [what, answer] of Object.entries(cases)) {
    it(what, async () => {
      const path = await listen((socket) => {
        if (what !== 'sends byte by byte') return void socket.write(bytes(...answer));
        for (const byte of bytes(...answer)) socket.write(Buffer.of(byte));
      });
      assert.deepEqual((await call(path)).map(String), ['hello']);
    });
  }

  it('makes room for a request little by little', async () => {
    const request = Buffer.alloc(200_000, 7);
    let received = 0;
    const path = await listen((socket) => {
      socket.write(frame(FrameType.settings, '000400000064', { stream: 0 })); // 100 bytes, where 65,535 are on the way
      socket.on('data', (chunk) => {
        received += chunk.length;
      });
      const grow = (): void => {
        if (received >= request.length - 65_535) return void socket.write(bytes(HEADERS, HELLO, OK));
        socket.write(frame(FrameType.windowUpdate, '00002710', { stream: 0 }));
        socket.write(frame(FrameType.windowUpdate, '00002710'));
        setImmediate(grow);
      };
      grow();
    });
    const answers: string[] = [];
    for await (const message of callLocal({ path, method: '/a/B', request, timeoutMs: 10_000 }))
      answers.push(Buffer.from(message).toString());
    assert.deepEqual(answers, ['hello']);
    assert.ok(received >= request.length - 65_535, String(received));
  });
});

describe('a peer is refused with a word when it', () => {
  const tooLong = Buffer.from('0000000000', 'hex');
  tooLong.writeUInt32BE(4 * 1024 * 1024 + 1, 1);
  const cases: Readonly<
    Record<string, readonly [answer: readonly (Uint8Array | string)[], code: Code, says: RegExp]>
  > = {
    'answers in HTTP/1.1': [
      [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
      Code.unavailable,
      /does not speak HTTP\/2/,
    ],
    'does not begin with SETTINGS': [[HEADERS, OK], Code.unavailable, /does not speak HTTP\/2/],
    'hangs up': [[], Code.unavailable, /^it hung up$/],
    'hangs up after SETTINGS': [[SETTINGS], Code.unavailable, /connection was lost: it hung up/],
    'hangs up within a message': [
      [SETTINGS, HEADERS, frame(FrameType.data, '000000')],
      Code.unavailable,
      /lost/,
    ],
    'ends without trailers': [
      [SETTINGS, HEADERS, frame(FrameType.data, withPrefix(Buffer.from('hello')), { flags: Flag.endStream })],
      Code.unknown,
      /without a status/,
    ],
    'ends within a message': [
      [SETTINGS, HEADERS, frame(FrameType.data, '0000'), OK],
      Code.internal,
      /cut off/,
    ],
    'answers HTML': [
      [SETTINGS, headers({ ':status': '200', 'content-type': 'text/html' }), HELLO, OK],
      Code.unknown,
      /answers "text\/html", which is not gRPC/,
    ],
    'answers something that only begins like gRPC': [
      [SETTINGS, headers({ ':status': '200', 'content-type': 'application/grpc-web' })],
      Code.unknown,
      /is not gRPC/,
    ],
    'answers without a type': [[SETTINGS, headers({ ':status': '200' })], Code.unknown, /is not gRPC/],
    'answers 404': [[SETTINGS, headers({ ':status': '404' }, END)], Code.unimplemented, /HTTP status "404"/],
    'answers 503': [[SETTINGS, headers({ ':status': '503' }, END)], Code.unavailable, /HTTP status "503"/],
    'answers with a status that there is not': [
      [SETTINGS, headers({ ':status': '200', 'grpc-status': 'x', 'grpc-message': '%zz' }, END)],
      Code.unknown,
      /^%zz$/,
    ],
    'sends data before headers': [[SETTINGS, HELLO], Code.internal, /before headers/],
    'sends a message that is too long': [
      [SETTINGS, HEADERS, frame(FrameType.data, tooLong)],
      Code.resourceExhausted,
      /4194305 bytes, more than 4194304/,
    ],
    compresses: [[SETTINGS, HEADERS, frame(FrameType.data, '010000000161')], Code.internal, /compressed/],
    'breaks off': [[SETTINGS, frame(FrameType.rstStream, '00000002')], Code.internal, /broke off .*error 2/],
    'refuses the stream': [[SETTINGS, frame(FrameType.rstStream, '00000007')], Code.unavailable, /broke off/],
    'has enough': [[SETTINGS, frame(FrameType.rstStream, '0000000b')], Code.resourceExhausted, /broke off/],
    'is stopping': [[SETTINGS, goaway('00000000')], Code.unavailable, /is stopping/],
    pushes: [
      [SETTINGS, frame(FrameType.pushPromise, '0000000288', { flags: Flag.endHeaders })],
      Code.internal,
      /push/,
    ],
    'opens another stream': [
      [SETTINGS, frame(FrameType.data, '00', { stream: 3 })],
      Code.internal,
      /not opened/,
    ],
    'interrupts headers': [[SETTINGS, frame(FrameType.headers, '88'), HELLO], Code.internal, /broken off/],
    'continues what was not begun': [
      [SETTINGS, frame(FrameType.continuation, '88')],
      Code.internal,
      /broken off/,
    ],
    'sends headers without end': [
      [
        SETTINGS,
        frame(FrameType.headers, '88'),
        ...Array.from({ length: 5 }, () => frame(FrameType.continuation, Buffer.alloc(16_384))),
      ],
      Code.internal,
      /headers are too long/,
    ],
    'sends headers that are none': [
      [SETTINGS, frame(FrameType.headers, 'ff', { flags: END })],
      Code.internal,
      /cut off/,
    ],
    'sends a frame that is too long': [
      [SETTINGS, '004001', '0000', '00000001'],
      Code.internal,
      /frame .* too long/,
    ],
    'pads more than there is': [
      [SETTINGS, HEADERS, frame(FrameType.data, '05', { flags: Flag.padded })],
      Code.internal,
      /padding/,
    ],
    'makes no room': [[SETTINGS, frame(FrameType.windowUpdate, '00000000')], Code.internal, /by nothing/],
    'makes more room than there is': [
      [SETTINGS, frame(FrameType.windowUpdate, '7fffffff', { stream: 0 })],
      Code.internal,
      /larger than there are/,
    ],
    'wants more room than there is': [
      [frame(FrameType.settings, '0004ffffffff', { stream: 0 })],
      Code.internal,
      /larger than there are/,
    ],
    'cuts a frame short': [[SETTINGS, frame(FrameType.rstStream, '0000')], Code.internal, /wrong length/],
  };
  for (const [what, [answer, code, says]] of Object.entries(cases)) {
    it(what, async () => {
      const path = await listen((socket) => socket.end(bytes(...answer)));
      await assert.rejects(call(path), (error: unknown) => {
        assert.ok(error instanceof CodedError, String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, says);
        assert.equal(error instanceof NoServer, /HTTP\/2$|^it hung up/.test(error.message));
        return true;
      });
    });
  }

  it('asks again and again and never listens', async () => {
    const path = await listen((socket) => {
      socket.pause();
      socket.write(
        bytes(
          SETTINGS,
          ...Array.from({ length: 60_000 }, () => frame(FrameType.ping, '0102030405060708', { stream: 0 })),
        ),
      );
    });
    await assert.rejects(call(path), { code: Code.internal, message: /does not listen/ });
  });

  it('is not there', async () => {
    await assert.rejects(call(join(directory, 'none.sock')), (error: unknown) => {
      assert.ok(error instanceof NoServer && error.isRefused);
      return true;
    });
  });
});
