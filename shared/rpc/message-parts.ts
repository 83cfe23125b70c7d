/** The parts of a message that is half received: no more memory than they have bytes. Called by unfinished. */

/** Smaller parts are copied together: there may be one for each byte. */
const SMALL_BYTES = 4_096;

/**
 * As they come, parts keep all of what was read from the connection in their time, up to 64 KB each. The last one is copied,
 * and joined to those before that are no larger: however small they come, few are kept and little is copied.
 */
export function keepNoMoreThanBytes(parts: Buffer[]): void {
  const last = parts.at(-1);
  if (last === undefined || (last.length >= SMALL_BYTES && last.buffer.byteLength <= 2 * last.length)) return;
  let from = parts.length - 1;
  let bytes = last.length;
  const isJoined = (part: Buffer | undefined): part is Buffer =>
    part !== undefined && bytes < SMALL_BYTES && part.length <= bytes;
  for (let before = parts[from - 1]; isJoined(before); before = parts[from - 1]) {
    from -= 1;
    bytes += before.length;
  }
  const joined = Buffer.allocUnsafeSlow(bytes); // no slice of a pool that others keep alive
  let at = 0;
  for (const part of parts.splice(from)) at += part.copy(joined, at);
  parts.push(joined);
}
