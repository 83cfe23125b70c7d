/** What breaks HTTP/2 itself, frame by frame: each ends its connection or does nothing, and harms nobody else. */
import type { Dice } from '../interop/go-x509/dice.ts';
import { Flag, frame, FrameType, grpcHeaders } from '../fakes/http2-bytes.ts';

const bytesOf = (dice: Dice, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => dice.below(256)));

const open = (path: string, stream: number): Buffer =>
  frame({ type: FrameType.headers, flags: Flag.endHeaders, stream, payload: grpcHeaders(path) });

const cancel = (stream: number): Buffer =>
  frame({ type: FrameType.reset, stream, payload: Buffer.from([0, 0, 0, 8]) });

const times = (count: number, make: (n: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, n) => make(n)));

/** After the preface. A name says what is wrong. */
export const wrongFrames = (path: string, dice: Dice): Readonly<Record<string, Buffer>> => ({
  'bytes of chance': bytesOf(dice, 500),
  'frames of chance': times(50, () =>
    frame({
      type: dice.below(12),
      flags: dice.below(256),
      stream: dice.below(9),
      payload: bytesOf(dice, dice.below(60)),
    }),
  ),
  'a frame longer than allowed': frame({ type: FrameType.data, stream: 1, payload: Buffer.alloc(200_000) }),
  'half a frame': Buffer.from([0, 0, 50, 0]),
  'data of a stream that was not opened': frame({
    type: FrameType.data,
    stream: 7,
    payload: Buffer.from('x'),
  }),
  'headers that cannot be read': frame({
    type: FrameType.headers,
    flags: Flag.endHeaders,
    stream: 1,
    payload: Buffer.alloc(40, 0xff),
  }),
  'headers without end': Buffer.concat([
    frame({ type: FrameType.headers, stream: 1, payload: grpcHeaders(path) }),
    times(500, () => frame({ type: FrameType.continuation, stream: 1, payload: Buffer.alloc(100) })),
  ]),
  'streams opened and cancelled at once': times(2_000, (n) =>
    Buffer.concat([open(path, 1 + 2 * n), cancel(1 + 2 * n)]),
  ),
  'more streams than allowed': times(300, (n) => open(path, 1 + 2 * n)),
  'settings without end': times(2_000, () => frame({ type: FrameType.settings })),
  'pings without end': times(2_000, () => frame({ type: FrameType.ping, payload: Buffer.alloc(8) })),
  'an early farewell': frame({ type: FrameType.goaway, payload: Buffer.alloc(8) }),
  'empty data without end': Buffer.concat([
    open(path, 1),
    times(3_000, () => frame({ type: FrameType.data, stream: 1 })),
  ]),
});
