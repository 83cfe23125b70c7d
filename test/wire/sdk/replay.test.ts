/** What SDKs once sent, sent again: their calls are answered, whatever their frames and headers look like. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  contentOf,
  Flag,
  type Frame,
  FrameReader,
  FrameType,
  writeFrame,
} from '../../../shared/rpc/http2/frames.ts';
import { HeaderTable } from '../../../shared/rpc/http2/header-table.ts';
import { decodeFields } from '../../../shared/rpc/http2/hpack.ts';
import { bundleOf, Door, identity, SELECTORS, until, update } from '../../agent/workload-api/door.ts';
import { PREFACE } from '../../fakes/http2-bytes.ts';
import { RawHttp2, type Received } from '../../fakes/raw-http2.ts';
import { type Entry, readRecording } from './recording.ts';

const TABLE_BYTES = 4_096;
const isRequest = ({ type, stream }: { type: number; stream: number }): boolean =>
  type === FrameType.headers && stream > 0;
const isAcknowledgement = ({ type, flags }: Frame): boolean =>
  (type === FrameType.settings || type === FrameType.ping) && (flags & Flag.ack) !== 0;

/** The status of each call that fails; what a Door without a server answers to the others is a message. */
const FAILING: Readonly<Record<string, string>> = {
  '/SpiffeWorkloadAPI/ValidateJWTSVID': '3', // its key is of the recording's system
};

interface Call {
  readonly stream: number;
  readonly path: string;
  readonly authority: string | undefined;
}

/** One connection: what its client sends, and what it asks for with that. */
class Replay {
  readonly client: RawHttp2;
  readonly calls: Call[] = [];
  readonly #frames = new FrameReader();
  readonly #table = new HeaderTable(TABLE_BYTES);
  #toSkip = PREFACE.length;

  private constructor(client: RawHttp2) {
    this.client = client;
  }

  static async open(path: string): Promise<Replay> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new Replay(RawHttp2.silentOn(socket));
  }

  /** Acknowledgements are of what comes now, not of what came then. */
  async send(entry: Entry): Promise<void> {
    if ('server' in entry) return this.#hear(entry.server);
    const chunk = Buffer.from(entry.client, 'hex');
    const preface = chunk.subarray(0, this.#toSkip);
    this.#toSkip -= preface.length;
    const frames = [...this.#frames.read(chunk.subarray(preface.length))].filter(
      (one) => !isAcknowledgement(one),
    );
    for (const frame of frames) if (isRequest(frame)) this.#note(frame);
    this.client.write(preface, ...frames.map(writeFrame));
  }

  #note(frame: Frame): void {
    const fields = [...decodeFields(contentOf(frame), this.#table)];
    const valueOf = (name: string): string | undefined => fields.find((field) => field.name === name)?.value;
    const path = valueOf(':path');
    if (path !== undefined) this.calls.push({ stream: frame.stream, path, authority: valueOf(':authority') });
  }

  /** What the client waited for before it went on, as far as it comes. */
  async #hear(frames: readonly (readonly [type: number, stream: number])[]): Promise<void> {
    for (const [type, stream] of frames)
      if (type === FrameType.settings || isRequest({ type, stream }))
        await this.client.find((one) => one.type === type && one.stream === stream);
  }

  /** Headers of all answers, by stream: the later ones win, as trailers come behind. */
  answers(): ReadonlyMap<number, Readonly<Record<string, string>>> {
    const table = new HeaderTable(TABLE_BYTES);
    const answers = new Map<number, Record<string, string>>();
    for (const frame of this.client.frames.filter(isRequest)) {
      const named = [...decodeFields(contentOf(frame), table)].map(({ name, value }) => [name, value]);
      const read = Object.fromEntries(named) as Record<string, string>;
      answers.set(frame.stream, { ...answers.get(frame.stream), ...read });
    }
    return answers;
  }

  async isAnswered({ stream }: Call): Promise<void> {
    const isEnd = (frame: Received): boolean =>
      frame.stream === stream &&
      ((frame.type === FrameType.data && frame.payload.length > 5) || (frame.flags & Flag.endStream) !== 0);
    assert.ok(await this.client.find(isEnd), 'the connection goes on');
  }
}

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'));

describe('the recorded calls', () => {
  const door = new Door();
  before(async () => {
    const held = identity('/web');
    door.identities.push(update([held], { bundle: bundleOf('example.org', 'root') }));
    door.identities.entries = [
      { ...held, hasSvid: true, selectors: SELECTORS, createdAt: new Date('2026-01-01T00:00:00Z') },
    ];
    const [issuedAt, token] = [door.clock.now(), 'a.b.c'];
    door.jwtSvids = {
      fetchAll: async (entries) => entries.map((entry) => ({ ...held, entry, token, keyId: 'k', issuedAt })),
    };
    await door.start();
  });
  after(() => door.stop());

  /** How many calls there were, all of them answered. */
  async function replayed(entries: readonly Entry[], namesSocket: boolean): Promise<number> {
    const replay = await Replay.open(door.path);
    try {
      for (const entry of entries) await replay.send(entry);
      for (const call of replay.calls) {
        await replay.isAnswered(call);
        const { ':status': status, 'grpc-status': code = '0' } = replay.answers().get(call.stream) ?? {};
        assert.deepEqual([status, code], ['200', FAILING[call.path] ?? '0'], call.path);
        assert.equal(call.authority?.startsWith('/'), namesSocket);
      }
      return replay.calls.length;
    } finally {
      replay.client.socket.destroy();
    }
  }

  it('are of all four SDKs', () => assert.equal(files.length, 12));

  for (const file of files) {
    const { client, deed, connections } = readRecording(new URL(file, import.meta.url));
    it(`of ${client} that ${deed} are answered`, async () => {
      let calls = 0;
      for (const entries of connections) calls += await replayed(entries, client.startsWith('java'));
      assert.ok(calls > 0);
      await until(() => door.api.connectionCount === 0);
    });
  }
});
