import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SVIDDefinition } from '../../../proto/gen/spire/api/server/svid/v1/SVID.ts';
import { unixChannel } from '../../../shared/rpc/channel.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { unary } from '../../../shared/rpc/handler.ts';
import { RpcServer } from '../../../shared/rpc/server.ts';

const SVID = 'spire.api.server.svid.v1.SVID';

test('a small request holds no more memory than it has bytes, for as long as its call lasts', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-rpc-'));
  const path = join(directory, 'api.sock');
  const held: number[] = [];
  const server = new RpcServer<null, null>({
    routes: {
      [SVID]: {
        MintX509SVID: unary(async ({ csr }: { csr: Uint8Array }) => {
          held.push(csr.buffer.byteLength);
          return {};
        }),
      },
    },
    gate: async (_call, _request, run) => run(null),
  });
  const listener = createServer((socket) => server.inject(socket, null));
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  const channel = unixChannel(path);
  const client = new ServiceClient<SVIDDefinition>(SVID, channel);
  for (const size of [1, 500]) await client.unary('MintX509SVID', { csr: new Uint8Array(size) });
  assert.ok((held[0] ?? 0) < 50 && (held[1] ?? 0) < 550, `${held.join()} bytes`);
  channel.close();
  listener.close();
  await server.stop(100);
  rmSync(directory, { recursive: true });
});
