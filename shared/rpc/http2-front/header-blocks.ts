/** Puts together the blocks of headers that come in HEADERS and CONTINUATION frames. Used by first-request and rewrite-requests. */
import { internal } from '../../errors.ts';
import { contentOf, Flag, type Frame, FrameType } from '../http2/frames.ts';

export interface HeaderBlock {
  /** The frame that began it. */
  readonly first: Frame;
  readonly block: Uint8Array;
}

/** Nobody asks the Workload API with more; Node's HTTP/2 would take 64 KiB of headers, and 8 further frames. */
export const BLOCK_MAX_BYTES = 65_536;
const CONTINUATIONS_MAX = 8;

export class HeaderBlocks {
  #first: Frame | undefined;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** That of the block that waits for its next frame. */
  get openStream(): number | undefined {
    return this.#first?.stream;
  }

  /** Whether this frame is a part of a block, with room for its padding, and comes where it may (RFC 9113 6.2, 6.10). */
  takes(frame: Frame): boolean {
    return this.#first === undefined
      ? frame.type === FrameType.headers && hasContent(frame)
      : frame.type === FrameType.continuation && frame.stream === this.#first.stream;
  }

  /** The block that it completes. Throws Internal on more than a block may have. */
  add(frame: Frame): HeaderBlock | undefined {
    const part = frame.type === FrameType.headers ? contentOf(frame) : frame.payload;
    this.#first ??= frame;
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#parts.length > 1 + CONTINUATIONS_MAX || this.#bytes > BLOCK_MAX_BYTES)
      throw internal('the headers are too long');
    if ((frame.flags & Flag.endHeaders) === 0) return undefined;
    const whole = { first: this.#first, block: Buffer.concat(this.#parts) };
    this.#first = undefined;
    this.#parts = [];
    this.#bytes = 0;
    return whole;
  }
}

function hasContent(frame: Frame): boolean {
  try {
    contentOf(frame);
    return true;
  } catch {
    return false;
  }
}
