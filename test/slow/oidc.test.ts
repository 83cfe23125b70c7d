/** The OIDC discovery provider and clients that take their time: each is ended, and others are served meanwhile. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { ListenConfig } from '../../server/oidc/config/listen-fields.ts';
import { plainAnswer } from '../../server/oidc/endpoints/answer.ts';
import { OidcListener } from '../../server/oidc/listen/listen.ts';
import { respond } from '../../server/oidc/listen/respond.ts';
import { monotonicMs, systemClock } from '../../shared/clock.ts';
import { silentLogger as log } from '../../shared/log/logger.ts';
import { ServingFiles } from '../server/oidc/serving-files.ts';

/** The provider's own limit of 10 s, and as much again for a loaded machine. */
const ENDED_WITHIN_MS = 20_000;
const address = { host: '127.0.0.1', port: 0 };

async function listen(t: TestContext, config: ListenConfig): Promise<number> {
  const ends = new AbortController();
  const endpoints = new Map([['/hello', () => plainAnswer(200, 'hello')]]);
  const answer = respond({ endpoints, logsRequests: false, log });
  const listener = new OidcListener({ config, respond: answer, log, clock: systemClock });
  t.after(async () => {
    ends.abort(new Error('stopping'));
    await listener.stop();
  });
  await listener.start(ends.signal);
  return listener.port;
}

async function isServed(port: number): Promise<boolean> {
  const asked = request({ host: '127.0.0.1', port, path: '/hello', agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode === 200;
}

/** Opens connections that do something each tenth of a second; resolves with how long the last one lasted. */
async function hold(port: number, first: string, drip: (socket: Socket) => void): Promise<number> {
  const startedMs = monotonicMs();
  const sockets = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'));
  const dripping = setInterval(() => sockets.forEach((socket) => !socket.destroyed && drip(socket)), 100);
  try {
    await Promise.all(
      sockets.map(async (socket) => {
        socket.on('error', () => {}).resume();
        socket.write(first);
        await once(socket, 'close');
      }),
    );
  } finally {
    clearInterval(dripping);
  }
  return monotonicMs() - startedMs;
}

for (const [what, first, more] of [
  ['send nothing', '', ''],
  ['never end their headers', 'GET /hello HTTP/1.1\r\nhost: a\r\n', 'x: y\r\n'],
  ['never end a line', 'GET /hello HTTP/1.1\r\nhost: ', 'a'],
  [
    'send a body that never ends',
    'POST /hello HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n',
    '1\r\na\r\n',
  ],
] as const)
  test(`clients that ${what} are ended, and others are served meanwhile`, async (t) => {
    const port = await listen(t, { kind: 'http', address });
    const held = hold(port, first, (socket) => more !== '' && socket.write(more));
    assert.ok(await isServed(port));
    const lastedMs = await held;
    assert.ok(lastedMs < ENDED_WITHIN_MS, `${lastedMs} ms`);
    assert.ok(await isServed(port));
  });

test('clients that never begin or end a handshake are ended', async (t) => {
  const files = await ServingFiles.make(t, ['localhost']);
  const port = await listen(t, {
    kind: 'https',
    certificatePath: files.certificatePath,
    keyPath: files.keyPath,
    syncIntervalSeconds: 60,
    address,
  });
  const half = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'; // a ClientHello that goes no further
  for (const first of ['', half]) {
    const lastedMs = await hold(port, first, () => {});
    assert.ok(lastedMs < ENDED_WITHIN_MS, `${lastedMs} ms`);
  }
});
