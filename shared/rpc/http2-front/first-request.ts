/** Reads a connection up to its first request, to find out whether Node's HTTP/2 would refuse that. Used by front. */
import { Flag, type Frame, FrameReader, FrameType } from '../http2/frames.ts';
import { HeaderTable } from '../http2/header-table.ts';
import { decodeFields } from '../http2/hpack.ts';
import { isRefusedAuthority } from './authority.ts';
import { BLOCK_MAX_BYTES, type HeaderBlock, HeaderBlocks } from './header-blocks.ts';

/** RFC 9113 3.4. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
/** What a peer may have its headers remembered in unless it is told otherwise (RFC 9113 6.5.2), which nobody here does. */
export const TABLE_BYTES = 4_096;
const HEAD_BYTES = 9; // RFC 9113 4.1
/** Requests to these doors are small: whoever sends so much first is no client of theirs. */
const HELD_MAX_BYTES = 65_536;

/**
 * `served`: as it is, by Node, which also tells what is wrong where nothing can be understood; `relayed`: with requests
 * rewritten.
 */
export type Verdict = 'unknown' | 'served' | 'relayed';

export class FirstRequest {
  readonly #frames = new FrameReader();
  readonly #blocks = new HeaderBlocks();
  #bytes: Buffer = Buffer.alloc(0);
  /** Of the frames that were read. */
  #readBytes = 0;
  #hasPreface = false;
  #request: 'unseen' | 'taken' | 'refused' = 'unseen';
  #acknowledged: 'not-asked' | 'awaited' | { readonly at: number } = 'not-asked';
  #isBroken = false;
  #hasSettings = false;

  /** The client has said its part, and may wait for ours before it asks anything (RFC 9113 3.4). */
  get awaitsSettings(): boolean {
    return this.#hasSettings && this.#acknowledged === 'not-asked';
  }

  /** Settings of ours went out: the client acknowledges them, and Node, which has its own to send, must not see that. */
  settingsSent(): void {
    this.#acknowledged = 'awaited';
  }

  get hasSentSettings(): boolean {
    return this.#acknowledged !== 'not-asked';
  }

  get awaitsAcknowledgement(): boolean {
    return this.#acknowledged === 'awaited';
  }

  add(chunk: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    try {
      this.#read(chunk);
    } catch {
      this.#isBroken = true;
    }
  }

  /** Everything that came, but for the acknowledgement. */
  get held(): Uint8Array {
    if (typeof this.#acknowledged === 'string') return this.#bytes;
    const { at } = this.#acknowledged;
    return Buffer.concat([this.#bytes.subarray(0, at), this.#bytes.subarray(at + HEAD_BYTES)]);
  }

  get verdict(): Verdict {
    if (this.#isBroken) return 'served';
    if (this.#request === 'refused') return 'relayed';
    if (this.#request === 'taken' && !this.awaitsAcknowledgement) return 'served';
    if (this.#bytes.length <= HELD_MAX_BYTES) return 'unknown';
    return this.awaitsAcknowledgement ? 'relayed' : 'served'; // only a relay can still keep it from Node
  }

  #read(chunk: Uint8Array): void {
    if (this.#hasPreface) return this.#readFrames(chunk);
    const most = Math.min(this.#bytes.length, PREFACE.length);
    if (!this.#bytes.subarray(0, most).equals(PREFACE.subarray(0, most))) this.#isBroken = true;
    if (this.#isBroken || most < PREFACE.length) return;
    this.#hasPreface = true;
    this.#readBytes = PREFACE.length;
    this.#readFrames(this.#bytes.subarray(PREFACE.length));
  }

  #readFrames(bytes: Uint8Array): void {
    for (const frame of this.#frames.read(bytes)) {
      if (!this.#hasSettings) this.#isBroken = frame.type !== FrameType.settings; // RFC 9113 3.4
      this.#hasSettings = true;
      if (this.#isBroken) return;
      if (this.awaitsAcknowledgement && isAcknowledgement(frame))
        this.#acknowledged = { at: this.#readBytes };
      this.#readBytes += HEAD_BYTES + frame.payload.length;
      if (this.#request === 'unseen') this.#readHeaders(frame);
    }
  }

  #readHeaders(frame: Frame): void {
    if (this.#blocks.takes(frame)) {
      const whole = this.#blocks.add(frame);
      if (whole !== undefined) this.#request = isRefused(whole) ? 'refused' : 'taken';
    } else {
      this.#isBroken = this.#blocks.openStream !== undefined || isOfHeaders(frame);
    }
  }
}

/** Where that is not expected, Node knows what to say. */
export const isOfHeaders = ({ type }: Frame): boolean =>
  type === FrameType.headers || type === FrameType.continuation || type === FrameType.pushPromise;

export const isAcknowledgement = ({ type, flags, payload }: Frame): boolean =>
  type === FrameType.settings && (flags & Flag.ack) !== 0 && payload.length === 0;

/** Only as far as an authority may stand: before all headers that are no part of the request's own line (RFC 9113 8.3). */
function isRefused({ block }: HeaderBlock): boolean {
  for (const field of decodeFields(block, new HeaderTable(TABLE_BYTES), BLOCK_MAX_BYTES)) {
    if (!field.name.startsWith(':')) return false;
    if (field.name === ':authority') return isRefusedAuthority(field); // a second one is Node's to refuse
  }
  return false;
}
