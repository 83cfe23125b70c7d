/** A stream that fails before its caller has begun to read it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { HealthDefinition } from '../../../proto/gen/grpc/health/v1/Health.ts';
import type { EntryDefinition } from '../../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import { Code, permissionDenied } from '../../../shared/errors.ts';
import { unixChannel } from '../../../shared/rpc/channel.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { bidi, serverStream, unary } from '../../../shared/rpc/handler.ts';
import { RpcServer } from '../../../shared/rpc/server.ts';

const ENTRY = 'spire.api.server.entry.v1.Entry';
const HEALTH = 'grpc.health.v1.Health';
const DENIED = { code: Code.permissionDenied, message: 'not you' };

describe('a stream that fails before anybody reads it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-early-'));
  const path = join(directory, 'api.sock');
  const deny = async (): Promise<never> => {
    throw permissionDenied('not you');
  };
  const server = new RpcServer<undefined, undefined>({
    routes: {
      [ENTRY]: { SyncAuthorizedEntries: bidi(deny), CountEntries: unary(async () => ({ count: 0 })) },
      [HEALTH]: {
        Watch: serverStream(deny),
      },
    },
    gate: async (_call, _request, run) => run(undefined),
  });
  const listener = createServer((socket) => server.inject(socket, undefined));
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

  /** Calls on one connection are answered in order: what was asked before has been answered by now. */
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 5; n++) await entries.unary('CountEntries', {});
  };

  it('tells its reader when it comes', async () => {
    const call = entries.bidi('SyncAuthorizedEntries');
    await settle();
    await assert.rejects(call.responses.next(), DENIED);
  });

  it('tells a reader of the response stream too', async () => {
    const watch = health.serverStream('Watch', {});
    await settle();
    await assert.rejects(watch.next(), DENIED);
  });

  it("is nobody's concern when its reader never comes", async () => {
    health.serverStream('Watch', {});
    await settle();
  });
});
