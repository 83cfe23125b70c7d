/** What one connection may make a server hold. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate as nextRound } from 'node:timers/promises';
import { bidi, type Call, unary } from '../../../shared/rpc/handler.ts';
import { RpcServer } from '../../../shared/rpc/server.ts';

const ENTRY = 'spire.api.server.entry.v1.Entry';
const ANSWER = { entries: [{ id: 'x'.repeat(3_900_000) }] };
const MESSAGE_BYTES = 100_000;
const EMPTY_MESSAGE = Buffer.alloc(5); // not compressed, length 0

/** Three bytes of a number below 2^21, as protocol buffers write it. */
const varint = (value: number): readonly number[] => [
  (value & 0x7f) | 0x80,
  ((value >> 7) & 0x7f) | 0x80,
  value >> 14,
];

describe('a connection', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-limits-'));
  const path = join(directory, 'api.sock');
  let answers = 0;
  const answer = async (): Promise<object> => {
    answers += 1;
    return ANSWER;
  };
  const server = new RpcServer<undefined, Call<undefined>>({
    routes: {
      [ENTRY]: {
        GetAuthorizedEntries: unary(answer),
        SyncAuthorizedEntries: bidi(async (requests: AsyncIterable<object>, call: Call<undefined>) => {
          for await (const _request of requests) await once(call.signal, 'abort');
        }),
      },
    },
    gate: async (call, _request, run) => run(call),
  });
  const listener = createServer((socket) => server.inject(socket, undefined));
  before(() => new Promise<void>((resolve) => listener.listen(path, resolve)));
  after(async () => {
    listener.close();
    await server.stop(100);
    rmSync(directory, { recursive: true });
  });

  const dial = (initialWindowSize: number, socket = connect(path)): ClientHttp2Session => {
    const createConnection = () => socket;
    const session = connectHttp2('http://localhost', { createConnection, settings: { initialWindowSize } });
    session.on('error', () => {});
    return session;
  };

  const request = (session: ClientHttp2Session, rpc: string): ClientHttp2Stream => {
    const path = `/${ENTRY}/${rpc}`;
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    return session.request(headers).on('error', () => {});
  };

  /** What becomes of one call: its answer begins, or it is refused. */
  const call = (session: ClientHttp2Session): Promise<'answered' | 'refused'> =>
    new Promise((resolve) => {
      const stream = request(session, 'GetAuthorizedEntries');
      stream.once('response', () => resolve('answered'));
      stream.once('close', () => resolve('refused'));
      stream.end(EMPTY_MESSAGE);
    });

  it('of a peer that reads no answers is given no more of them', async () => {
    const session = dial(0);
    const outcomes: string[] = [];
    for (let n = 0; n < 30; n++) outcomes.push(await call(session));
    assert.ok(answers < 20, `${answers} answers of 4 MB are held`);
    assert.ok(outcomes.includes('refused'));
    session.destroy();
  });

  it('whose requests are not read yet is not read much further', async () => {
    const socket = connect(path);
    const session = dial(65_535, socket);
    const stream = request(session, 'SyncAuthorizedEntries');
    const message = Buffer.alloc(5 + MESSAGE_BYTES);
    message.writeUInt32BE(MESSAGE_BYTES, 1);
    message.set([0x12, ...varint(MESSAGE_BYTES - 4)], 5); // field 2 of length MESSAGE_BYTES - 4
    for (let n = 0; n < 20; n++) stream.write(message);
    for (let round = 0; round < 500; round++) await nextRound();
    const taken = socket.bytesWritten / MESSAGE_BYTES;
    assert.ok(taken > 1 && taken < 5, `${taken} messages were taken`);
    session.destroy();
  });

  it('has a hundred streams at once', async () => {
    const session = dial(65_535);
    const settings = await new Promise<{ maxConcurrentStreams?: number }>((resolve) =>
      session.once('remoteSettings', resolve),
    );
    assert.equal(settings.maxConcurrentStreams, 100);
    session.destroy();
  });
});
