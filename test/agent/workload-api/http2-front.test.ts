/** Clients that name the socket's path in their requests, as gRPC for Java does, at the Workload API. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Flag, FrameType } from '../../../shared/rpc/http2/frames.ts';
import {
  continuation,
  data,
  firstHeaders,
  headers,
  nextHeaders,
  opening,
  ping,
} from '../../fakes/client-bytes.ts';
import { RawHttp2, type Received } from '../../fakes/raw-http2.ts';
import { Door, FakePeers, identity, until, update } from './door.ts';

const isMessage =
  (stream: number) =>
  ({ type, stream: on, payload }: Received): boolean =>
    type === FrameType.data && on === stream && payload.length > 5;
const isGoaway = ({ type }: Received): boolean => type === FrameType.goaway;
const isSettings = ({ type, flags }: Received): boolean =>
  type === FrameType.settings && (flags & Flag.ack) === 0;

const descriptorCount = (): number => readdirSync('/proc/self/fd').length;

/** A connection of its own, on which nothing is sent yet. */
async function dial(door: Door): Promise<RawHttp2> {
  const socket = connect(door.path);
  await once(socket, 'connect');
  return RawHttp2.silentOn(socket);
}

const codeOf = (goaway: Received | undefined): number | undefined => goaway?.payload.readUInt32BE(4);
const [NO_ERROR, PROTOCOL_ERROR, SETTINGS_TIMEOUT, FRAME_SIZE_ERROR, COMPRESSION_ERROR] = [0, 1, 4, 6, 9];

describe("a client that names the socket's path", () => {
  const peers = new FakePeers();
  const door = new Door({ peers, limits: { total: 8, perUid: 8 } });
  before(async () => {
    await door.start();
    door.identities.push(update([identity('/web')]));
  });
  after(() => door.stop());

  it('is answered, on every call of its connection', async () => {
    const client = await dial(door);
    client.write(opening());
    assert.ok(await client.find(isMessage(1)));
    client.write(headers(3, nextHeaders()), data(3));
    assert.ok(await client.find(isMessage(3)));
    client.write(
      headers(5, nextHeaders().subarray(0, 2), 0),
      continuation(5, nextHeaders().subarray(2)),
      data(5),
    );
    assert.ok(await client.find(isMessage(5)));
    client.socket.destroy();
    await until(() => door.api.connectionCount === 0);
  });

  it('is answered when it waits for our settings first, and sees no more of ours than it acknowledged', async () => {
    const client = await dial(door);
    client.write(opening().subarray(0, 39)); // preface and settings
    assert.ok(await client.find(isSettings)); // which it acknowledges
    client.write(headers(1, firstHeaders()), data(1));
    assert.ok(await client.find(isMessage(1)));
    assert.equal(client.frames.filter(isSettings).length, 2);
    client.write(ping());
    assert.ok(await client.find(({ type }) => type === FrameType.ping));
    assert.equal(client.frames.find(isGoaway), undefined);
    client.socket.destroy();
  });

  it('is the process that connected', async () => {
    const before = peers.captured.length;
    const seen: unknown[] = [];
    const { attestation } = door;
    door.attestation = {
      attest: (peer, signal) => {
        seen.push(peer);
        return attestation.attest(peer, signal);
      },
    };
    const client = await dial(door);
    client.write(opening());
    assert.ok(await client.find(isMessage(1)));
    assert.deepEqual(seen, [peers.captured[before]]);
    client.socket.destroy();
    await until(() => peers.captured[before]?.closes === 1);
    door.attestation = attestation;
  });

  it('takes the room of two, which it gives back, and its descriptors', async () => {
    await until(() => door.api.connectionCount === 0);
    const before = descriptorCount();
    const first = await dial(door);
    first.write(opening());
    assert.ok(await first.find(isMessage(1)));
    assert.equal(door.api.connectionCount, 2);
    const ordinary = await dial(door);
    ordinary.write(opening('localhost'));
    assert.ok(await ordinary.find(isMessage(1)));
    assert.equal(door.api.connectionCount, 3);
    const third = await dial(door); // the last place that one user may have
    third.write(opening());
    if (!third.socket.destroyed) await once(third.socket, 'close');
    for (const { socket } of [first, ordinary]) socket.destroy();
    await until(() => door.api.connectionCount === 0);
    await until(() => descriptorCount() <= before);
  });

  it('is told why it is refused', async () => {
    const full = new Door({ peers, limits: { total: 2, perUid: 0 } });
    await full.start();
    const client = await dial(full);
    client.write(opening());
    const answer = await client.find(({ type, stream }) => type === FrameType.headers && stream === 1);
    assert.ok(answer !== undefined && (answer.flags & Flag.endStream) !== 0);
    assert.deepEqual(full.log.messages('warn'), ['refused a connection']);
    client.socket.destroy();
    await full.stop();
  });

  it('is told when its SVID changes, and nothing is kept for it once it has gone', async () => {
    const client = await dial(door);
    client.write(opening());
    assert.ok(await client.find(isMessage(1)));
    door.identities.push(update([identity('/web', { hint: 'next' })]));
    const isNext = ({ payload }: Received): boolean => payload.includes('next');
    assert.ok(await client.find(isNext));
    client.socket.destroy();
    await until(() => door.api.connectionCount === 0 && door.identities.subscribed.length === 0);
  });

  const half = firstHeaders().subarray(0, 20);
  const wrong: Readonly<Record<string, readonly [bytes: Uint8Array, code: number]>> = {
    'a number that nothing has': [headers(3, Buffer.of(0xff, 0x20)), COMPRESSION_ERROR],
    'headers that are cut off': [headers(3, half), COMPRESSION_ERROR],
    'a larger table than allowed': [headers(3, Buffer.from('3fe21f', 'hex')), COMPRESSION_ERROR],
    'few bytes that mean many headers': [headers(3, Buffer.alloc(9_000, 0xbe)), COMPRESSION_ERROR],
    'headers in too many parts': [
      Buffer.concat([headers(3, half, 0), ...Array.from({ length: 9 }, () => continuation(3, half, 0))]),
      COMPRESSION_ERROR,
    ],
    'an interrupted block': [Buffer.concat([headers(3, half, 0), ping()]), PROTOCOL_ERROR],
    'a part of no headers': [continuation(3, half), PROTOCOL_ERROR],
    'more padding than room': [headers(3, Buffer.of(9, 0), Flag.endHeaders | Flag.padded), PROTOCOL_ERROR],
    'headers of no stream': [headers(0, nextHeaders()), PROTOCOL_ERROR],
    'a frame that is too long': [Buffer.from('004001000000000003', 'hex'), FRAME_SIZE_ERROR],
    'a ping of a wrong length': [Buffer.from('000001060000000000ff', 'hex'), FRAME_SIZE_ERROR],
  };
  for (const [what, [bytes, code]] of Object.entries(wrong))
    it(`is told what was wrong, and loses its connection: ${what}`, async () => {
      const client = await dial(door);
      client.write(opening());
      assert.ok(await client.find(isMessage(1)));
      client.write(bytes);
      assert.equal(codeOf(await client.find(isGoaway)), code);
      if (!client.socket.destroyed) await once(client.socket, 'close');
      await until(() => door.api.connectionCount === 0);
    });

  it('loses its connection alone when it does so at once', async () => {
    const client = await dial(door);
    client.write(opening(), headers(3, Buffer.of(0xff, 0x20)));
    assert.equal(codeOf(await client.find(isGoaway)), COMPRESSION_ERROR);
    assert.deepEqual(door.log.messages('error'), []);
  });
});

describe('a client that asks nothing', () => {
  const door = new Door();
  before(() => door.start());
  after(() => door.stop());

  const cases: Readonly<
    Record<string, readonly [sent: Uint8Array, acknowledges: boolean, code: number | undefined]>
  > = {
    'after its settings is sent away in peace': [opening().subarray(0, 39), true, NO_ERROR],
    'and does not acknowledge our settings is told that': [
      opening().subarray(0, 39),
      false,
      SETTINGS_TIMEOUT,
    ],
    'and does not say who it is loses the connection': [opening().subarray(0, 5), false, undefined],
  };
  for (const [what, [sent, acknowledges, code]] of Object.entries(cases))
    it(`${what}, after a while`, async () => {
      const client = await dial(door);
      client.acknowledges = acknowledges;
      client.write(sent);
      if (code !== undefined) assert.ok(await client.find(isSettings));
      await until(() => door.api.connectionCount === 1);
      await door.clock.advance(12_000);
      assert.equal(codeOf(await client.find(isGoaway)), code);
      if (!client.socket.destroyed) await once(client.socket, 'close');
      await until(() => door.api.connectionCount === 0);
    });
});
