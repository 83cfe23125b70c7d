/** An HTTP/2 connection whose frames the test writes itself, and the frames that come back. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Flag, frame, type Frame, FrameType, PREFACE } from './http2-bytes.ts';

export interface Received {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

const HEAD_BYTES = 9; // RFC 9113 4.1

export class RawHttp2 {
  readonly socket: Socket;
  readonly frames: Received[] = [];
  #left: Buffer = Buffer.alloc(0);
  readonly #waiting = new Set<() => void>();
  /** Settings and pings, as every client does. */
  acknowledges = true;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('error', () => {});
    socket.on('close', () => this.#wake());
  }

  /** Connected, preface and settings sent. */
  static async open(path: string): Promise<RawHttp2> {
    const socket = connect(path);
    await once(socket, 'connect');
    return RawHttp2.on(socket);
  }

  /** On a socket that is connected already; nothing is sent yet. */
  static silentOn(socket: Socket): RawHttp2 {
    return new RawHttp2(socket);
  }

  /** On a socket that is connected already. */
  static on(socket: Socket): RawHttp2 {
    const connection = RawHttp2.silentOn(socket);
    connection.write(PREFACE, frame({ type: FrameType.settings }));
    return connection;
  }

  write(...bytes: readonly Uint8Array[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(bytes));
  }

  send(...frames: readonly Frame[]): void {
    this.write(...frames.map(frame));
  }

  /** The first frame that fits; undefined when the connection ends without one. */
  async find(fits: (frame: Received) => boolean): Promise<Received | undefined> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined || this.socket.destroyed) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #read(bytes: Buffer): void {
    let left = Buffer.concat([this.#left, bytes]);
    while (left.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + left.readUIntBE(0, 3);
      if (left.length < end) break;
      const [type = 0, flags = 0] = [left[3], left[4]];
      const stream = left.readUInt32BE(5) & 0x7fff_ffff;
      this.#take({ type, flags, stream, payload: left.subarray(HEAD_BYTES, end) });
      left = left.subarray(end);
    }
    this.#left = left;
    this.#wake();
  }

  #take(received: Received): void {
    this.frames.push(received);
    const isAsked = this.acknowledges && (received.flags & Flag.ack) === 0;
    if (received.type === FrameType.settings && isAsked)
      this.send({ type: FrameType.settings, flags: Flag.ack });
    if (received.type === FrameType.ping && isAsked)
      this.send({ type: FrameType.ping, flags: Flag.ack, payload: received.payload });
  }
}
