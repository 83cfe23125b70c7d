/** What one connection may make a server hold. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { unary } from '../../../shared/rpc/handler.ts';
import { RpcServer } from '../../../shared/rpc/server.ts';

const ENTRY = 'spire.api.server.entry.v1.Entry';
const ANSWER = { entries: [{ id: 'x'.repeat(3_900_000) }] };
const EMPTY_MESSAGE = Buffer.alloc(5); // not compressed, length 0

describe('a connection', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-limits-'));
  const path = join(directory, 'api.sock');
  let answers = 0;
  const answer = async (): Promise<object> => {
    answers += 1;
    return ANSWER;
  };
  const server = new RpcServer<undefined, undefined>({
    routes: { [ENTRY]: { GetAuthorizedEntries: unary(answer) } },
    gate: async (_call, _request, run) => run(undefined),
  });
  const listener = createServer((socket) => server.inject(socket, undefined));
  before(() => new Promise<void>((resolve) => listener.listen(path, resolve)));
  after(async () => {
    listener.close();
    await server.stop(100);
    rmSync(directory, { recursive: true });
  });

  const dial = (initialWindowSize: number): ClientHttp2Session => {
    const createConnection = () => connect(path);
    const session = connectHttp2('http://localhost', { createConnection, settings: { initialWindowSize } });
    session.on('error', () => {});
    return session;
  };

  /** What becomes of one call: its answer begins, or it is refused. */
  const call = (session: ClientHttp2Session): Promise<'answered' | 'refused'> =>
    new Promise((resolve) => {
      const headers = {
        ':method': 'POST',
        ':path': `/${ENTRY}/GetAuthorizedEntries`,
        'content-type': 'application/grpc',
        te: 'trailers',
      };
      const stream = session.request(headers);
      stream.on('error', () => {});
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

  it('has a hundred streams at once', async () => {
    const session = dial(65_535);
    const settings = await new Promise<{ maxConcurrentStreams?: number }>((resolve) =>
      session.once('remoteSettings', resolve),
    );
    assert.equal(settings.maxConcurrentStreams, 100);
    session.destroy();
  });
});
