/** The provider's door over HTTP and a Unix socket: its headers and its bounds. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { Agent, get, request, type RequestOptions } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Code } from '../../../../shared/errors.ts';
import { isRefusal } from '../../../refusal.ts';
import { type Got, HTTP, listening, read } from './door.ts';

const ask = (port: number, path: string, options: RequestOptions = {}): Promise<Got> =>
  read(request({ host: '127.0.0.1', port, path, agent: false, ...options }));

/** Sends bytes and hears what comes until the connection is closed. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => (heard += String(chunk))).on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return heard;
}

describe('the door of the documents', () => {
  it('answers GET and HEAD, with headers that let no browser make anything of it', async (t) => {
    const { port } = await listening(t, HTTP);
    const got = await ask(port, '/hello?x', { headers: { host: 'a.org:1' } });
    assert.deepEqual([got.status, got.body], [200, 'hello a.org false\n']);
    const { date, ...headers } = got.headers;
    assert.ok(date !== undefined);
    assert.deepEqual(headers, {
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'content-type': 'text/plain; charset=utf-8',
      'x-own': '1',
      'content-length': '18',
      connection: 'close',
    });
    const head = await ask(port, '/hello', { method: 'HEAD', headers: { host: 'a.org:1' } });
    assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '18']);
  });

  it('refuses other paths and other methods', async (t) => {
    const { port } = await listening(t, HTTP);
    for (const path of ['/', '/hello/', '//hello', '/x/../hello', '/%68ello', '/Hello'])
      assert.equal((await ask(port, path)).status, 404, path);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { status, body, headers } = await ask(port, '/hello', { method });
      assert.deepEqual([status, body, headers.allow], [405, 'method not allowed\n', 'GET, HEAD'], method);
    }
  });

  it('reads no body, however long it goes on', async (t) => {
    const { port } = await listening(t, HTTP);
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    const got = await ask(port, '/hello', { method: 'GET', agent, headers: { 'content-length': '1000000' } });
    assert.deepEqual([got.status, got.headers.connection], [200, 'close']);
  });

  const malformed: readonly (readonly [string, string, RegExp])[] = [
    ['two hosts', 'GET /hello HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['no host', 'GET /hello HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['no HTTP', '\x16\x03\x01\x02\x00', /^HTTP\/1\.1 400 /],
    ['a header without end', `GET /hello HTTP/1.1\r\nx: ${'a'.repeat(9_000)}`, /^HTTP\/1\.1 431 /],
    [
      'a length and chunks',
      'GET /hello HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
  ];
  for (const [what, bytes, expected] of malformed)
    it(`ends a connection that sends ${what}`, async (t) => {
      const { port } = await listening(t, HTTP);
      assert.match(
        await raw(
          port,
          bytes.includes('\r\n\r\n') ? bytes.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n') : bytes,
        ),
        expected,
      );
    });

  it('writes a line for each request where that is asked for, and cuts what strangers send', async (t) => {
    const { port, log } = await listening(t, HTTP, { logsRequests: true });
    await ask(port, `/${'x'.repeat(1_000)}`, { headers: { 'user-agent': 'y'.repeat(1_000) } });
    const [line] = log.lines.filter(({ level }) => level === 'debug');
    assert.equal(line?.message, 'Incoming request');
    const { 'remote-addr': from, url, 'user-agent': agent, ...rest } = line?.fields ?? {};
    assert.match(String(from), /^127\.0\.0\.1:\d+$/);
    assert.deepEqual(
      [String(url).length, String(agent).length, rest],
      [256, 256, { method: 'GET', status: 404 }],
    );
  });

  it('writes none where it is not', async (t) => {
    const { port, log } = await listening(t, HTTP);
    await ask(port, '/hello');
    assert.deepEqual(log.messages('debug'), []);
    assert.deepEqual(log.messages('warn'), ['Serving HTTP (insecure)']);
  });

  it('is a Unix socket for a proxy of any user', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'writ-oidc-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'made', 'oidc.sock');
    const { stop } = await listening(t, { kind: 'socket', path });
    assert.equal(statSync(path).mode & 0o777, 0o777);
    const headers = { host: 'oidc.example.org', 'x-forwarded-proto': 'https' };
    const got = await read(get({ socketPath: path, path: '/hello', headers, agent: false }));
    assert.equal(got.body, 'hello oidc.example.org true\n');
    const idle = connect(path);
    await once(idle, 'connect');
    const closed = once(idle, 'close');
    await stop();
    await closed;
    assert.throws(() => statSync(path), { code: 'ENOENT' });
  });

  it('says what to do where the port is taken', async (t) => {
    const { port } = await listening(t, HTTP);
    await assert.rejects(
      listening(t, { kind: 'http', address: { host: '127.0.0.1', port } }),
      isRefusal(
        Code.unavailable,
        `cannot listen on 127.0.0.1:${port}: another program listens there: stop it, or set insecure_addr`,
      ),
    );
  });

  it('lets everybody in: who holds the most connections loses the oldest', async (t) => {
    const { port } = await listening(t, HTTP, { connectionsMax: 5 });
    const held: Socket[] = [];
    t.after(() => held.forEach((socket) => socket.destroy()));
    for (let at = 0; at < 5; at += 1) held.push(connect(port, '127.0.0.1').on('error', () => {}));
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    const oldest = once(held[0] ?? assert.fail(), 'close');
    assert.equal((await ask(port, '/hello')).status, 200);
    await oldest;
  });
});
