/** What is left of calls when they have been answered, failed, or were ended by the server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { HealthDefinition } from '../../../proto/gen/grpc/health/v1/Health.ts';
import type { EntryDefinition } from '../../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import { Code, permissionDenied, unavailable } from '../../../shared/errors.ts';
import { unixChannel } from '../../../shared/rpc/channel.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { bidi, type Call, serverStream, unary } from '../../../shared/rpc/handler.ts';
import { RunningCalls } from '../../../shared/rpc/running-calls.ts';
import { RpcServer } from '../../../shared/rpc/server.ts';

const ENTRY = 'spire.api.server.entry.v1.Entry';

describe('a call', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-calls-'));
  const path = join(directory, 'api.sock');
  const signals: AbortSignal[] = [];
  const server: RpcServer<undefined, Call<undefined>> = new RpcServer({
    routes: {
      [ENTRY]: {
        CountEntries: unary(async (): Promise<{ count: number }> => ({ count: server.callCount })),
        GetEntry: unary(async () => Promise.reject(permissionDenied('no'))),
        SyncAuthorizedEntries: bidi(async (requests: AsyncIterable<object>) => {
          for await (const _request of requests) break;
        }),
      },
    },
    gate: async (call, _request, run) => {
      signals.push(call.signal);
      await run(call);
    },
  });
  const listener = createServer((socket) => server.inject(socket, undefined));
  const channel = unixChannel(path);
  const client = new ServiceClient<EntryDefinition>(ENTRY, channel);
  before(() => new Promise<void>((resolve) => listener.listen(path, resolve)));
  after(async () => {
    channel.close();
    listener.close();
    await server.stop(100);
    rmSync(directory, { recursive: true });
  });

  it('is forgotten when it has been answered, and its signal stays quiet', async () => {
    for (let n = 0; n < 20; n++) assert.equal((await client.unary('CountEntries', {})).count, 1);
    assert.ok(!signals.some(({ aborted }) => aborted));
  });

  it('stops what its handler left running when it fails, and is forgotten', async () => {
    await assert.rejects(client.unary('GetEntry', {}), { code: Code.permissionDenied });
    assert.equal(signals.at(-1)?.aborted, true);
    assert.equal((await client.unary('CountEntries', {})).count, 1);
  });

  it('may be answered before all requests have come', async () => {
    const call = client.bidi('SyncAuthorizedEntries');
    call.send({ ids: [] });
    assert.equal((await call.responses.next()).done, true);
    assert.equal((await client.unary('CountEntries', {})).count, 1);
  });
});

describe('a call that its caller gives up', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-given-up-'));
  const path = join(directory, 'api.sock');
  const wait = async (_request: unknown, { signal }: Call<undefined>): Promise<never> => {
    await once(signal, 'abort');
    throw signal.reason;
  };
  const server = new RpcServer<undefined, Call<undefined>>({
    routes: {
      [ENTRY]: {
        CountEntries: unary(wait),
        SyncAuthorizedEntries: bidi(wait),
        GetEntry: unary(async () => ({ id: 'x' })),
      },
      'grpc.health.v1.Health': { Watch: serverStream(wait) },
    },
    gate: async (call, _request, run) => run(call),
  });
  const listener = createServer((socket) => server.inject(socket, undefined));
  const channel = unixChannel(path);
  const client = new ServiceClient<EntryDefinition>(ENTRY, channel);
  const health = new ServiceClient<HealthDefinition>('grpc.health.v1.Health', channel);
  before(() => new Promise<void>((resolve) => listener.listen(path, resolve)));
  after(async () => {
    channel.close();
    listener.close();
    await server.stop(100);
    rmSync(directory, { recursive: true });
  });

  const KINDS: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> = {
    unary: (signal) => client.unary('CountEntries', {}, { signal }),
    'server stream': (signal) => health.serverStream('Watch', {}, { signal }).next(),
    bidi: (signal) => client.bidi('SyncAuthorizedEntries', { signal }).responses.next(),
  };

  for (const [kind, start] of Object.entries(KINDS)) {
    it(`in the turn in which it began leaves nothing on the server (${kind})`, async () => {
      await client.unary('GetEntry', {}); // connected
      const giveUp = new AbortController();
      const call = start(giveUp.signal);
      giveUp.abort();
      await assert.rejects(call, { code: Code.cancelled });
      await assert.rejects(start(AbortSignal.abort()), { code: Code.cancelled });
      await client.unary('GetEntry', {});
      while (server.callCount > 0) await nextRound();
    });
  }
});

describe('running calls', () => {
  it('are ended once, and those that come later at once', () => {
    const calls = new RunningCalls();
    const ended: string[] = [];
    const call = (name: string) => ({ end: () => void ended.push(name) });
    const answered = call('answered before');
    calls.add(answered);
    calls.add(call('running'));
    calls.remove(answered);
    calls.stop(unavailable('shutting down'));
    calls.add(call('late'));
    assert.deepEqual(ended, ['running', 'late']);
  });
});
