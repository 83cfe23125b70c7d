/**
 * What a client sends, frame by frame, with an `:authority` in its requests that Node's HTTP/2 takes. All else goes on as it
 * came: what is wrong is Node's to answer. Used by relay.
 */
import { Flag, type Frame, FrameReader, FrameType, PAYLOAD_MAX_BYTES, writeFrame } from '../http2/frames.ts';
import { type Field, HeaderTable } from '../http2/header-table.ts';
import { decodeFields, encodeFields } from '../http2/hpack.ts';
import { withTakenAuthority } from './authority.ts';
import { isAcknowledgement, isOfHeaders, TABLE_BYTES } from './first-request.ts';
import { BLOCK_MAX_BYTES, type HeaderBlock, HeaderBlocks } from './header-blocks.ts';

const PRIORITY_BYTES = 5; // RFC 9113 6.2
/** The header of number 0, which cannot be (RFC 7541 6.1): a connection whose headers are not read must end so (RFC 9113 4.3). */
const UNREADABLE = Buffer.of(0x80);
const NOTHING = new Uint8Array();

export class RequestRewriter {
  readonly #frames = new FrameReader();
  readonly #blocks = new HeaderBlocks();
  /** The client's. Node's stays empty: what it is sent is not to be remembered. */
  readonly #table = new HeaderTable(TABLE_BYTES);
  #dropsAcknowledgement: boolean;
  #isBroken = false;

  /** Whether the next acknowledgement is of settings that Node did not send. */
  constructor({ dropsAcknowledgement }: { readonly dropsAcknowledgement: boolean }) {
    this.#dropsAcknowledgement = dropsAcknowledgement;
  }

  /** What follows the preface; what goes on because of it. */
  read(chunk: Uint8Array): Uint8Array {
    if (this.#isBroken) return chunk;
    const written: Uint8Array[] = [];
    try {
      for (const frame of this.#frames.read(chunk)) {
        written.push(...this.#rewrite(frame));
        if (this.#isBroken) break;
      }
    } catch {
      this.#isBroken = true; // a frame that is too long
    }
    if (this.#isBroken) written.push(this.#frames.rest);
    return Buffer.concat(written);
  }

  #rewrite(frame: Frame): readonly Uint8Array[] {
    if (this.#blocks.takes(frame)) return this.#gather(frame);
    const { openStream } = this.#blocks;
    if (openStream !== undefined) return this.#interrupted(openStream, frame);
    if (this.#dropsAcknowledgement && isAcknowledgement(frame)) {
      this.#dropsAcknowledgement = false;
      return [];
    }
    this.#isBroken = isOfHeaders(frame);
    return [writeFrame(frame)];
  }

  /** A block may not be interrupted (RFC 9113 6.10). */
  #interrupted(stream: number, frame: Frame): readonly Uint8Array[] {
    this.#isBroken = true;
    const begun = { type: FrameType.headers, flags: 0, stream, payload: NOTHING };
    return [writeFrame(begun), writeFrame(frame)];
  }

  #gather(frame: Frame): readonly Uint8Array[] {
    try {
      const whole = this.#blocks.add(frame);
      return whole === undefined ? [] : this.#translate(whole);
    } catch {
      this.#isBroken = true;
      const { stream } = frame;
      const unreadable = { type: FrameType.headers, flags: Flag.endHeaders, stream, payload: UNREADABLE };
      return [writeFrame(unreadable)];
    }
  }

  #translate({ first, block }: HeaderBlock): readonly Uint8Array[] {
    const fields: Field[] = [];
    for (const field of decodeFields(block, this.#table, BLOCK_MAX_BYTES))
      fields.push(withTakenAuthority(field));
    return headerFrames(first, encodeFields(fields));
  }
}

/** In as many frames as it takes; no more than Node allows, since the block is bounded. */
function headerFrames(first: Frame, block: Uint8Array): readonly Uint8Array[] {
  const payload = Buffer.concat([priorityOf(first), block]);
  const frames: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < payload.length; at += PAYLOAD_MAX_BYTES) {
    const isLast = at + PAYLOAD_MAX_BYTES >= payload.length;
    const kept = at === 0 ? first.flags & (Flag.endStream | Flag.priority) : 0;
    frames.push(
      writeFrame({
        type: at === 0 ? FrameType.headers : FrameType.continuation,
        flags: kept | (isLast ? Flag.endHeaders : 0),
        stream: first.stream,
        payload: payload.subarray(at, at + PAYLOAD_MAX_BYTES),
      }),
    );
  }
  return frames;
}

function priorityOf({ flags, payload }: Frame): Uint8Array {
  if ((flags & Flag.priority) === 0) return NOTHING;
  const start = (flags & Flag.padded) === 0 ? 0 : 1;
  return payload.subarray(start, start + PRIORITY_BYTES);
}
