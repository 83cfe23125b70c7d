import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keepNoMoreThanBytes } from '../../shared/rpc/message-parts.ts';

const READ_BYTES = 65_536; // what Node.js reads of a connection at once

/** As a part comes from the connection: a slice of what was read. */
const slice = (length: number, fill: number): Buffer =>
  Buffer.from(new ArrayBuffer(READ_BYTES), 0, length).fill(fill);

test('parts of any size stay the same bytes, in few parts that keep nothing else alive', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          { weight: 5, arbitrary: fc.integer({ min: 1, max: 50 }) },
          fc.integer({ min: 1, max: 16_384 }),
        ),
        {
          maxLength: 400,
        },
      ),
      (lengths) => {
        const parts: Buffer[] = [];
        const all: Buffer[] = [];
        for (const [at, length] of lengths.entries()) {
          const part = slice(length, at % 256);
          all.push(Buffer.from(part));
          parts.push(part);
          keepNoMoreThanBytes(parts);
        }
        const whole = Buffer.concat(all);
        assert.deepEqual(Buffer.concat(parts), whole);
        const kept = parts.reduce((bytes, { buffer }) => bytes + buffer.byteLength, 0);
        assert.ok(kept <= 2 * whole.length, `${kept} bytes are kept for ${whole.length}`);
        const large = lengths.filter((length) => length >= 4_096).length;
        assert.ok(parts.length <= 14 * (large + 1) + whole.length / 4_096, `${parts.length} parts`);
      },
    ),
  );
});

test('a message that comes byte by byte is copied a few times, not once for each byte', () => {
  const parts: Buffer[] = [];
  let copied = 0;
  for (let n = 0; n < 10_000; n++) {
    const before = new Set(parts);
    parts.push(slice(1, n % 256));
    keepNoMoreThanBytes(parts);
    for (const part of parts) if (!before.has(part)) copied += part.length;
  }
  assert.ok(copied < 10_000 * 15, `${copied} bytes were copied`);
  assert.ok(parts.length < 50);
});
