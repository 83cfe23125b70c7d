import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { EntryDefinition } from '../../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import { Code, CodedError, permissionDenied } from '../../../shared/errors.ts';
import { unixChannel } from '../../../shared/rpc/channel.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { bidi, type Call, serverStream, unary } from '../../../shared/rpc/handler.ts';
import { RpcServer } from '../../../shared/rpc/server.ts';
import type { HealthDefinition } from '../../../proto/gen/grpc/health/v1/Health.ts';

type Context = { call: Call<{ name: string }> };
const ENTRY = 'spire.api.server.entry.v1.Entry';
const HEALTH = 'grpc.health.v1.Health';

let streamsAborted = 0;

const routes = {
  [ENTRY]: {
    CountEntries: unary(async (_request: object, { call }: Context) => {
      if (call.metadata('x-fail')[0] === 'coded') {
        throw permissionDenied('agent is banned', { reason: 'AGENT_BANNED' });
      }
      if (call.metadata('x-fail')[0] === 'bug') throw new Error('secret detail');
      call.setHeader('x-peer', call.peer.name);
      return { count: 3 };
    }),
    SyncAuthorizedEntries: bidi(
      async (requests: AsyncIterable<{ ids: string[] }>, _context: Context, send) => {
        for await (const request of requests) await send({ entries: request.ids.map((id) => ({ id })) });
      },
    ),
  },
  [HEALTH]: {
    Watch: serverStream(async (_request: object, { call }: Context, send) => {
      await send({ status: 'SERVING' });
      await new Promise((_, reject) =>
        call.signal.addEventListener('abort', () => reject(call.signal.reason)),
      );
    }),
  },
};

describe('rpc over an injected Unix socket', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-rpc-'));
  const path = join(directory, 'api.sock');
  const server = new RpcServer<{ name: string }, Context>({
    routes,
    gate: async (call, _request, run) => {
      try {
        await run({ call });
      } catch (error) {
        if (call.method.endsWith('Watch')) streamsAborted += 1;
        throw error;
      }
    },
  });
  const listener = createServer((socket) => server.inject(socket, { name: 'tester' }));
  const channel = unixChannel(path);
  const entries = new ServiceClient<EntryDefinition>(ENTRY, channel);
  const health = new ServiceClient<HealthDefinition>(HEALTH, channel);

  before(() => new Promise<void>((resolve) => listener.listen(path, resolve)));
  after(async () => {
    channel.close();
    listener.close();
    await server.stop(100);
    rmSync(directory, { recursive: true });
  });

  it('answers a unary call with the peer that the listener named', async () => {
    let peer: string | undefined;
    const response = await entries.unary('CountEntries', {}, { onHeader: (get) => (peer = get('x-peer')) });
    assert.equal(response.count, 3);
    assert.equal(peer, 'tester');
  });

  it('carries code, message and reason of a CodedError', async () => {
    const failing = entries.unary('CountEntries', {}, { metadata: { 'x-fail': 'coded' } });
    await assert.rejects(failing, (error: unknown) => {
      assert.ok(error instanceof CodedError);
      assert.equal(error.code, Code.permissionDenied);
      assert.equal(error.reason, 'AGENT_BANNED');
      assert.equal(error.message, 'agent is banned');
      return true;
    });
  });

  it('says only "internal" of an error that is not ours', async () => {
    const failing = entries.unary('CountEntries', {}, { metadata: { 'x-fail': 'bug' } });
    await assert.rejects(failing, { code: Code.internal, message: 'internal' });
  });

  it('answers Unimplemented to an RPC without a handler', async () => {
    await assert.rejects(entries.unary('GetEntry', {}), { code: Code.unimplemented });
  });

  it('streams both ways and ends when the client half-closes', async () => {
    const call = entries.bidi('SyncAuthorizedEntries');
    call.send({ ids: ['a'] });
    const first = await call.responses.next();
    assert.equal(first.value?.entries[0]?.id, 'a');
    call.send({ ids: ['b', 'c'] });
    call.end();
    const rest = [];
    for await (const response of call.responses) rest.push(response.entries.length);
    assert.deepEqual(rest, [2]);
  });

  it('aborts the handler when the client leaves the stream', async () => {
    for await (const message of health.serverStream('Watch', {})) {
      assert.equal(message.status, 'SERVING');
      break;
    }
    while (streamsAborted === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(streamsAborted, 1);
  });

  it('ends open streams with Unavailable when it stops', async () => {
    const watch = health.serverStream('Watch', {});
    await watch.next();
    const next = watch.next();
    const stopped = server.stop(500);
    await assert.rejects(next, { code: Code.unavailable, message: 'shutting down' });
    await stopped;
  });
});
