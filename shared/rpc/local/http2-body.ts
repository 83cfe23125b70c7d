/** Sends the body of a request as its receiver has room for it (RFC 9113 5.2). Used by http2-request. */
import { internal } from '../../errors.ts';
import { PAYLOAD_MAX_BYTES } from '../http2/frames.ts';

export const WINDOW_BYTES = 65_535; // of either side until it says otherwise (RFC 9113 6.9.2)
const WINDOW_MAX_BYTES = 2 ** 31 - 1;

export type SendPart = (part: Uint8Array, isLast: boolean) => void;

export class Http2Body {
  readonly #send: SendPart;
  #unsent: Uint8Array;
  #isSent = false;
  #connectionRoom = WINDOW_BYTES;
  #streamRoom = WINDOW_BYTES;
  #initialRoom = WINDOW_BYTES;

  constructor(body: Uint8Array, send: SendPart) {
    this.#unsent = body;
    this.#send = send;
  }

  /** Sends what there is room for; an empty body needs none. */
  send(): void {
    while (!this.#isSent) {
      const room = Math.max(0, Math.min(this.#connectionRoom, this.#streamRoom, PAYLOAD_MAX_BYTES));
      if (room === 0 && this.#unsent.length > 0) return;
      const part = this.#unsent.subarray(0, room);
      this.#unsent = this.#unsent.subarray(part.length);
      this.#connectionRoom -= part.length;
      this.#streamRoom -= part.length;
      this.#isSent = this.#unsent.length === 0;
      this.#send(part, this.#isSent);
    }
  }

  /** WINDOW_UPDATE of the connection or the stream. Throws Internal on one that cannot be. */
  addRoom(where: 'connection' | 'stream', bytes: number): void {
    if (bytes === 0) throw internal('a window of HTTP/2 grows by nothing');
    if (where === 'connection') this.#connectionRoom = checked(this.#connectionRoom + bytes);
    else this.#streamRoom = checked(this.#streamRoom + bytes);
    this.send();
  }

  /** SETTINGS_INITIAL_WINDOW_SIZE counts for what has begun too (RFC 9113 6.9.2), and may take room away. */
  setInitialRoom(bytes: number): void {
    this.#streamRoom = checked(this.#streamRoom + bytes - this.#initialRoom);
    this.#initialRoom = checked(bytes);
    this.send();
  }
}

function checked(bytes: number): number {
  if (bytes > WINDOW_MAX_BYTES) throw internal('a window of HTTP/2 is larger than there are');
  return bytes;
}
