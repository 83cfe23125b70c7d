/** What a status may carry: a message that HTTP/2 trailers hold, whatever was echoed into it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Metadata } from '@grpc/grpc-js';
import type { EntryDefinition } from '../../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import { Code, CodedError, invalidArgument, permissionDenied, unavailable } from '../../../shared/errors.ts';
import { unixChannel } from '../../../shared/rpc/channel.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { bidi, unary } from '../../../shared/rpc/handler.ts';
import { RpcServer } from '../../../shared/rpc/server.ts';
import { fromStatus, toStatus } from '../../../shared/rpc/status.ts';

const ENTRY = 'spire.api.server.entry.v1.Entry';
/** C-core clients take 8 KB of trailers, the details of a denial included. */
const TRAILERS_MAX_BYTES = 8_192;

const MESSAGES: Readonly<Record<string, { readonly sent: string; readonly received: RegExp }>> = {
  'half a surrogate pair': { sent: 'selector "\ud83d', received: /^selector "\ufffd$/ },
  'as much text as a request holds': {
    sent: `selector "${'x'.repeat(4_000_000)}"`,
    received: /^selector "x+…$/,
  },
  'control characters and percent signs': { sent: 'a\0b\r\nc %zz 100%', received: /^a\0b\r\nc %zz 100%$/ },
};

describe('a refusal that echoes what it was sent', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-status-'));
  const path = join(directory, 'api.sock');
  let message = '';
  const refuse = async (): Promise<never> => {
    throw invalidArgument(message);
  };
  const server = new RpcServer<undefined, undefined>({
    routes: { [ENTRY]: { CountEntries: unary(refuse), SyncAuthorizedEntries: bidi(refuse) } },
    gate: async (_call, _request, run) => run(undefined),
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

  for (const [what, { sent, received }] of Object.entries(MESSAGES)) {
    it(`reaches the caller with ${what}`, async () => {
      message = sent;
      const expected = { code: Code.invalidArgument, message: received };
      await assert.rejects(client.unary('CountEntries', {}, { timeoutMs: 5_000 }), expected);
      const call = client.bidi('SyncAuthorizedEntries', { timeoutMs: 5_000 });
      await assert.rejects(call.responses.next(), expected);
    });
  }
});

describe('the details of a status', () => {
  const seen = (error: CodedError): CodedError => {
    const { code, details, metadata } = toStatus(error);
    return fromStatus(Object.assign(new Error(), { code, details, metadata }));
  };

  it('carry when to come again, to the millisecond', () => {
    for (const retryAfterMs of [1, 999, 1_000, 12_345])
      assert.equal(seen(unavailable('busy', { retryAfterMs })).retryAfterMs, retryAfterMs);
    assert.equal(seen(unavailable('away')).retryAfterMs, undefined);
    assert.equal(toStatus(unavailable('away')).metadata.get('grpc-status-details-bin').length, 0);
  });

  it('carry that and a reason together', () => {
    const both = seen(permissionDenied('no', { reason: 'AGENT_BANNED', retryAfterMs: 5_000 }));
    assert.deepEqual([both.reason, both.retryAfterMs], ['AGENT_BANNED', 5_000]);
  });

  it('add nothing where they cannot be read', () => {
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', Buffer.from('ffff', 'hex'));
    const error = fromStatus(Object.assign(new Error(), { code: 14, details: 'busy', metadata }));
    assert.deepEqual([error.code, error.reason, error.retryAfterMs], [14, 'UNSPECIFIED', undefined]);
  });
});

describe('toStatus', () => {
  it('keeps trailers below what clients take', () => {
    const refusal = permissionDenied('x'.repeat(100_000), { reason: 'AGENT_BANNED' });
    const { details, metadata } = toStatus(refusal);
    const bytes = metadata.get('grpc-status-details-bin').reduce((sum, value) => sum + value.length, 0);
    assert.ok(encodeURI(details).length + (bytes * 4) / 3 < TRAILERS_MAX_BYTES);
  });

  it('says only "internal" of an error that is not ours', () => {
    assert.equal(toStatus(new Error('secret')).details, 'internal');
    assert.equal(toStatus('secret').code, Code.internal);
    assert.equal(toStatus(new CodedError(Code.aborted, 'x')).code, Code.aborted);
  });
});
