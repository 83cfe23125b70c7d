import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { messageType } from '../../../shared/rpc/messages.ts';
import { bidi, unary } from '../../../shared/rpc/handler.ts';
import { RpcServer } from '../../../shared/rpc/server.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { Flag, FrameType, grpcHeaders, messageHead } from '../../fakes/http2-bytes.ts';
import { RawHttp2, type Received } from '../../fakes/raw-http2.ts';

const HELD_MAX = 100_000;
const GET = '/spire.api.server.bundle.v1.Bundle/GetBundle';
const ATTEST = '/spire.api.server.agent.v1.Agent/AttestAgent';

/** A server that tells holders apart by who is next in `holders`, and the way to connect to it. */
async function world(t: TestContext, holders: readonly (string | undefined)[] = []) {
  const clock = new FakeClock();
  const requests: object[] = [];
  const rpc = new RpcServer<string, undefined>({
    routes: {
      'spire.api.server.bundle.v1.Bundle': {
        GetBundle: unary(async (request: object) => {
          requests.push(request);
          return {};
        }),
      },
      'spire.api.server.agent.v1.Agent': {
        AttestAgent: bidi(async (messages: AsyncIterable<object>) => {
          for await (const message of messages) requests.push(message);
        }),
      },
    },
    gate: async (_call, _read, run) => run(undefined),
    clock,
    heldMaxBytes: HELD_MAX,
  });
  let connections = 0;
  const server = createServer((socket) => rpc.inject(socket, 'peer', holders[connections++]));
  const directory = mkdtempSync(join(tmpdir(), 'writ-unfinished-'));
  const path = join(directory, 'socket');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(async () => {
    server.close();
    await rpc.stop(0);
    rmSync(directory, { recursive: true });
  });
  return { clock, requests, connect: () => RawHttp2.open(path) };
}

/** Begins a request of so many bytes on a stream, and sends some of them. */
function begin(connection: RawHttp2, stream: number, { bytes = 0, of = 1_000_000, path = GET } = {}): void {
  connection.send(
    { type: FrameType.headers, flags: Flag.endHeaders, stream, payload: grpcHeaders(path) },
    { type: FrameType.data, stream, payload: messageHead(of) },
  );
  for (let left = bytes; left > 0; left -= 10_000)
    connection.send({ type: FrameType.data, stream, payload: Buffer.alloc(Math.min(left, 10_000)) });
}

const isReset =
  (stream: number) =>
  (one: Received): boolean =>
    one.type === FrameType.reset && one.stream === stream;

const isAnswered =
  (stream: number) =>
  (one: Received): boolean =>
    one.type === FrameType.headers && one.stream === stream && (one.flags & Flag.endStream) !== 0;

/** Asked and answered on the same connection: what was sent before has been read. */
async function ask(connection: RawHttp2, stream: number): Promise<void> {
  connection.send(
    { type: FrameType.headers, flags: Flag.endHeaders, stream, payload: grpcHeaders(GET) },
    { type: FrameType.data, flags: Flag.endStream, stream, payload: messageHead(0) },
  );
  assert.notEqual(await connection.find(isAnswered(stream)), undefined);
}

test('a request that would make more be held than is allowed is ended; the others go on', async (t) => {
  const { connect } = await world(t);
  const connection = await connect();
  begin(connection, 1, { bytes: 60_000 });
  begin(connection, 3, { bytes: 60_000 });
  const reset = await connection.find(isReset(3));
  assert.equal(reset?.payload.readUInt32BE(0), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  await ask(connection, 5);
  begin(connection, 7, { bytes: 30_000 });
  await ask(connection, 9);
  assert.deepEqual(
    connection.frames.filter(({ type }) => type === FrameType.reset).map(({ stream }) => stream),
    [3],
  );
});

test('a message that announces more than is allowed is answered with a status, not cut', async (t) => {
  const { connect } = await world(t);
  const connection = await connect();
  begin(connection, 1, { of: 2 ** 32 - 1 });
  assert.notEqual(await connection.find((one) => isAnswered(1)(one) || isReset(1)(one)), undefined);
  assert.ok(connection.frames.some(isAnswered(1)));
});

test('what a request held is free again when its stream ends', async (t) => {
  const { connect } = await world(t);
  const connection = await connect();
  for (let stream = 1; stream < 20; stream += 2) {
    begin(connection, stream, { bytes: 60_000 });
    const cancel = Buffer.alloc(4);
    cancel.writeUInt32BE(constants.NGHTTP2_CANCEL);
    connection.send({ type: FrameType.reset, stream, payload: cancel });
  }
  await ask(connection, 21);
  assert.equal(
    connection.frames.some(({ type }) => type === FrameType.reset),
    false,
  );
});

test('connections of one holder share the bound, others have their own', async (t) => {
  const { connect } = await world(t, ['a', 'a', 'b', undefined]);
  const [first, second, other, nameless] = [
    await connect(),
    await connect(),
    await connect(),
    await connect(),
  ];
  for (const connection of [first, other, nameless]) {
    begin(connection, 1, { bytes: 60_000 });
    await ask(connection, 3);
  }
  begin(second, 1, { bytes: 60_000 });
  assert.notEqual(await second.find(isReset(1)), undefined);
  for (const connection of [first, other, nameless]) {
    await ask(connection, 5);
    assert.equal(
      connection.frames.some(({ type }) => type === FrameType.reset),
      false,
    );
  }
});

test('an answer that is not taken is given up after five minutes', async (t) => {
  const { clock, connect } = await world(t);
  const connection = await connect();
  const window = Buffer.from([0, 4, 0, 0, 0, 0]); // SETTINGS_INITIAL_WINDOW_SIZE 0 (RFC 9113 6.5.2)
  connection.send({ type: FrameType.settings, payload: window });
  connection.send(
    { type: FrameType.headers, flags: Flag.endHeaders, stream: 1, payload: grpcHeaders(GET) },
    { type: FrameType.data, flags: Flag.endStream, stream: 1, payload: messageHead(0) },
  );
  await connection.find(({ type, stream }) => type === FrameType.headers && stream === 1);
  await clock.advance(295_000);
  connection.send({ type: FrameType.ping, payload: Buffer.alloc(8) });
  await connection.find(({ type }) => type === FrameType.ping);
  assert.equal(connection.frames.some(isReset(1)), false);
  await clock.advance(15_000);
  assert.notEqual(await connection.find(isReset(1)), undefined);
});

test('a request that is not sent on, or not begun, is ended after half a minute', async (t) => {
  const { clock, connect } = await world(t);
  const connection = await connect();
  begin(connection, 1, { bytes: 10 });
  connection.send({ type: FrameType.headers, flags: Flag.endHeaders, stream: 3, payload: grpcHeaders(GET) });
  begin(connection, 5, { bytes: 10, path: ATTEST });
  await ask(connection, 7);
  for (let second = 0; second < 40; second += 5) await clock.advance(5_000);
  for (const stream of [1, 3, 5]) assert.notEqual(await connection.find(isReset(stream)), undefined);
});

test('a request that goes on slowly is waited for, and so is a stream between two messages', async (t) => {
  const { clock, requests, connect } = await world(t);
  const connection = await connect();
  begin(connection, 1, { of: 16 });
  begin(connection, 3, { of: 0, path: ATTEST });
  await ask(connection, 5);
  for (let n = 0; n < 8; n++) {
    await clock.advance(25_000);
    connection.send({ type: FrameType.data, stream: 1, payload: Buffer.from([0x18, 0x00]) }); // a field that is not known
    await ask(connection, 7 + 2 * n);
  }
  connection.send({ type: FrameType.data, flags: Flag.endStream, stream: 1 });
  assert.notEqual(await connection.find(isAnswered(1)), undefined);
  connection.send({ type: FrameType.data, flags: Flag.endStream, stream: 3, payload: messageHead(0) });
  assert.notEqual(await connection.find(isAnswered(3)), undefined);
  assert.equal(requests.length, 1 + 8 + 1 + 2);
  assert.equal(
    connection.frames.some(({ type }) => type === FrameType.reset),
    false,
  );
});

test('a request that comes byte by byte arrives whole', async (t) => {
  const { requests, connect } = await world(t);
  const connection = await connect();
  const payload = Buffer.from(Array.from({ length: 3_000 }, (_, n) => n % 251));
  const message = messageType('spire.api.server.agent.v1.AttestAgentRequest').encode({
    challenge_response: payload,
  });
  connection.send({
    type: FrameType.headers,
    flags: Flag.endHeaders,
    stream: 1,
    payload: grpcHeaders(ATTEST),
  });
  for (const byte of Buffer.concat([messageHead(message.length), message]))
    connection.send({ type: FrameType.data, stream: 1, payload: Uint8Array.of(byte) });
  connection.send({ type: FrameType.data, flags: Flag.endStream, stream: 1 });
  assert.notEqual(await connection.find(isAnswered(1)), undefined);
  const [request] = requests as { challenge_response: Buffer }[];
  assert.deepEqual(request?.challenge_response, payload);
});

test('what a stream has brought to its handler is held no more, however many streams stay open', async (t) => {
  const { requests, connect } = await world(t);
  const connection = await connect();
  const message = messageType('spire.api.server.agent.v1.AttestAgentRequest').encode({
    challenge_response: Buffer.alloc(60_000),
  });
  for (let stream = 1; stream < 20; stream += 4) {
    begin(connection, stream, { of: message.length, path: ATTEST });
    for (let at = 0; at < message.length; at += 10_000)
      connection.send({ type: FrameType.data, stream, payload: message.subarray(at, at + 10_000) });
    await ask(connection, stream + 2);
  }
  assert.equal(requests.length, 10);
  assert.equal(
    connection.frames.some(({ type }) => type === FrameType.reset),
    false,
  );
});
