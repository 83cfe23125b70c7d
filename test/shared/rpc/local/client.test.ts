/** The small client against a server of grpc-js. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { HealthDefinition } from '../../../../proto/gen/grpc/health/v1/Health.ts';
import type { EntryDefinition } from '../../../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import { Code, CodedError, permissionDenied } from '../../../../shared/errors.ts';
import { type Call, serverStream, unary } from '../../../../shared/rpc/handler.ts';
import { LocalClient } from '../../../../shared/rpc/local/client.ts';
import { RpcServer } from '../../../../shared/rpc/server.ts';

type Context = { readonly call: Call<undefined> };
interface Created {
  readonly entries: readonly { readonly id: string }[];
}
const ENTRY = 'spire.api.server.entry.v1.Entry';
const HEALTH = 'grpc.health.v1.Health';
const MB = 1024 * 1024;

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('the client of commands, against grpc-js', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-local-'));
  const path = join(directory, 'api.sock');
  const sockets = new Set<Socket>();
  let ended = Promise.withResolvers<unknown>();
  let sent = 0;

  const routes = {
    [ENTRY]: {
      CountEntries: unary(async (_request: object, { call }: Context) => {
        const [how] = call.metadata('x-fail');
        if (how === 'denied') throw permissionDenied('agent is banned', { reason: 'AGENT_BANNED' });
        if (how === 'unicode') throw permissionDenied('zu groß: 100 % ✗\n"quoted"');
        if (how === 'never') await untilAborted(call.signal);
        return { count: -3 };
      }),
      BatchCreateEntry: unary(async ({ entries }: Created) => ({
        results: entries.map((entry) => ({ status: { code: 0, message: '' }, entry })),
      })),
    },
    [HEALTH]: {
      Check: unary(async ({ service }: { service: string }) => ({
        status: service === 'known' ? 'SERVING' : 'NOT_SERVING',
      })),
      Watch: serverStream(async ({ service }: { service: string }, { call }: Context, send) => {
        const messages = Number(service);
        for (let at = 0; at < messages; at += 1) {
          await send({ status: at % 2 === 0 ? 'SERVING' : 'NOT_SERVING' });
          sent += 1;
        }
        if (messages === 1) await untilAborted(call.signal).catch((why: unknown) => ended.resolve(why));
      }),
    },
  };
  const server = new RpcServer<undefined, Context>({ routes, gate: (call, _request, run) => run({ call }) });
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    server.inject(socket, undefined);
  });
  const entries = new LocalClient<EntryDefinition>(ENTRY, path);
  const health = new LocalClient<HealthDefinition>(HEALTH, path);

  before(() => new Promise<void>((resolve) => listener.listen(path, resolve)));
  after(async () => {
    listener.close();
    await server.stop(100);
    rmSync(directory, { recursive: true });
  });

  it('is answered', async () => {
    assert.deepEqual(await entries.unary('CountEntries', {}), { count: -3 });
    assert.deepEqual(await health.unary('Check', { service: 'known' }), { status: 'SERVING' });
  });

  it('leaves no connection behind', async () => {
    await health.unary('Check', {});
    while (sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('sends and receives messages of almost 4 MiB', async () => {
    const selectors = Array.from({ length: 39 }, (_, at) => ({ type: `t${at}`, value: 'v'.repeat(MB / 10) }));
    const { results } = await entries.unary('BatchCreateEntry', { entries: [{ selectors }] });
    assert.deepEqual(results[0]?.entry?.selectors, selectors);
  });

  it('is told that a message is too large for the server', async () => {
    const selectors = Array.from({ length: 41 }, () => ({ type: 't', value: 'v'.repeat(MB / 10) }));
    await assert.rejects(entries.unary('BatchCreateEntry', { entries: [{ selectors }] }), {
      code: Code.resourceExhausted,
    });
  });

  it('gets code, message and reason of an error', async () => {
    const failing = entries.unary('CountEntries', {}, { metadata: { 'x-fail': 'denied' } });
    await assert.rejects(failing, (error: unknown) => {
      assert.ok(error instanceof CodedError);
      assert.deepEqual(
        [error.code, error.message, error.reason],
        [Code.permissionDenied, 'agent is banned', 'AGENT_BANNED'],
      );
      return true;
    });
  });

  it('gets a message in any letters', async () => {
    const failing = entries.unary('CountEntries', {}, { metadata: { 'x-fail': 'unicode' } });
    await assert.rejects(failing, { message: 'zu groß: 100 % ✗\n"quoted"' });
  });

  it('is told that there is no such RPC', async () => {
    await assert.rejects(entries.unary('GetEntry', { id: 'a' }), { code: Code.unimplemented });
  });

  it('waits as long as it is told', async () => {
    const options = { metadata: { 'x-fail': 'never' }, timeoutMs: 20 };
    await assert.rejects(entries.unary('CountEntries', {}, options), { code: Code.deadlineExceeded });
  });

  it('can be cancelled, before and while it waits', async () => {
    const metadata = { 'x-fail': 'never' };
    const aborted = AbortSignal.abort(new Error('enough'));
    await assert.rejects(entries.unary('CountEntries', {}, { metadata, signal: aborted }), {
      code: Code.cancelled,
    });
    const stop = new AbortController();
    const waiting = entries.unary('CountEntries', {}, { metadata, signal: stop.signal });
    setImmediate(() => stop.abort());
    await assert.rejects(waiting, { code: Code.cancelled });
  });

  it('reads a stream to its end', async () => {
    const statuses: string[] = [];
    for await (const { status } of health.serverStream('Watch', { service: '3' })) statuses.push(status);
    assert.deepEqual(statuses, ['SERVING', 'NOT_SERVING', 'SERVING']);
  });

  it('tells the server that it has left a stream', async () => {
    ended = Promise.withResolvers();
    for await (const { status } of health.serverStream('Watch', { service: '1' })) {
      assert.equal(status, 'SERVING');
      break;
    }
    assert.equal(((await ended.promise) as CodedError).code, Code.cancelled);
  });

  it('reads more than fits at once', async () => {
    sent = 0;
    let read = 0;
    for await (const _message of health.serverStream('Watch', { service: '5000' })) read += 1;
    assert.deepEqual([read, sent], [5_000, 5_000]);
  });
});
