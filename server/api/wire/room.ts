/** What is left of a message for the parts of an answer. Used by lists, and by batches whose results show what they did. */
import { Code, CodedError } from '../../../shared/errors.ts';

/** What clients of gRPC take unless they are told to take more, which SPIRE's never are. */
const MESSAGE_MAX_BYTES = 4 * 1024 * 1024;
/** A page's token: a tag, a length, and at most 19 digits. */
const SPARE_BYTES = 32;

export class Room {
  #leftBytes: number;
  #isEmpty = true;
  /** From the first part on that did not fit. */
  isFull = false;

  /** `keptBytes`: for what comes in any case. */
  constructor(keptBytes = 0) {
    this.#leftBytes = MESSAGE_MAX_BYTES - SPARE_BYTES - keptBytes;
  }

  /** Undefined when it does not fit any more. The first fits always: what is whole by itself is. */
  take(part: Uint8Array): Uint8Array | undefined {
    if (this.isFull || (part.length > this.#leftBytes && !this.#isEmpty)) {
      this.isFull = true;
      return undefined;
    }
    this.#leftBytes -= part.length;
    this.#isEmpty = false;
    return part;
  }

  /** Throws ResourceExhausted, with the advice, when it does not fit any more. */
  need(part: Uint8Array, advice: string): Uint8Array {
    const fitting = this.take(part);
    if (fitting !== undefined) return fitting;
    throw new CodedError(
      Code.resourceExhausted,
      `the list is larger than the ${MESSAGE_MAX_BYTES} bytes of a message: ${advice}`,
    );
  }
}
