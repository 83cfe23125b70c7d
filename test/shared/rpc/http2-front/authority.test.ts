import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { isRefusedAuthority, withTakenAuthority } from '../../../../shared/rpc/http2-front/authority.ts';
import { encodeFields } from '../../../../shared/rpc/http2/hpack.ts';
import { Flag, FrameType } from '../../../fakes/http2-bytes.ts';
import { RawHttp2 } from '../../../fakes/raw-http2.ts';

const server = createServer();

/** Whether Node's HTTP/2 answers a request with it. */
async function isTakenByNode(value: string): Promise<boolean> {
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const socket = connect(address.port, '127.0.0.1');
  await once(socket, 'connect');
  const client = RawHttp2.on(socket);
  const payload = encodeFields([
    { name: ':method', value: 'GET' },
    { name: ':scheme', value: 'http' },
    { name: ':path', value: '/' },
    { name: ':authority', value },
  ]);
  client.send({ type: FrameType.headers, flags: Flag.endHeaders | Flag.endStream, stream: 1, payload });
  const answer = await client.find(({ stream }) => stream === 1);
  socket.destroy();
  return answer?.type === FrameType.headers;
}

const isTaken = (value: string): boolean => !isRefusedAuthority({ name: ':authority', value });

const CONTROLS = [...Array(0x20).keys(), 0x7f];

describe('an authority', () => {
  before(async () => {
    server.on('session', (session) => session.on('error', () => {}));
    server.on('request', (_request, response) => void response.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => void server.close());

  it('is taken where Node takes it, byte for byte', async () => {
    const bytes = [...Array(256).keys()].filter((byte) => !CONTROLS.includes(byte));
    const values = ['', 'localhost', ...bytes.map((byte) => `a${String.fromCharCode(byte)}b`)];
    const verdicts = await Promise.all(values.map(isTakenByNode));
    assert.deepEqual(
      values.filter(isTaken),
      values.filter((_, number) => verdicts[number]),
    );
  });

  it('with bytes that are in no path stays for Node to refuse', async () => {
    const values = CONTROLS.map((byte) => `/tmp/${String.fromCharCode(byte)}`);
    assert.ok(values.every(isTaken));
    assert.deepEqual(
      await Promise.all(values.map(isTakenByNode)),
      values.map(() => false),
    );
  });

  it("is replaced by gRPC's word for this machine where it is refused, and no other header is", () => {
    const replaced = { name: ':authority', value: 'localhost' };
    assert.deepEqual(withTakenAuthority({ name: ':authority', value: '/run/spire/api.sock' }), replaced);
    assert.deepEqual(withTakenAuthority({ name: ':authority', value: 'unix:///run/api.sock' }), replaced);
    for (const field of [
      { name: ':authority', value: 'spire_agent' },
      { name: ':authority', value: '%2Frun%2Fapi.sock' },
      { name: ':path', value: '/run/spire/api.sock' },
      { name: 'host', value: '/run/spire/api.sock' },
    ])
      assert.equal(withTakenAuthority(field), field);
  });
});
