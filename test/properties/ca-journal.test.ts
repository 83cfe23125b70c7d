import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SLOT_IDS, STATUSES } from '../../server/ca/authorities.ts';
import { encodeJournal, parseJournal } from '../../server/ca/journal.ts';
import { CodedError } from '../../shared/errors.ts';

const entriesOf = fc
  .tuple(fc.shuffledSubarray([...SLOT_IDS]), fc.shuffledSubarray([...STATUSES], { minLength: 2 }))
  .chain(([slots, statuses]) =>
    fc.tuple(
      ...slots.map((slot, at) =>
        fc.record({
          slot: fc.constant(slot),
          status: fc.constant(statuses[at] ?? 'OLD'),
          issuedAt: fc.integer({ min: 0, max: 253_402_300_799 }).map((seconds) => new Date(seconds * 1_000)),
          certificate: fc.uint8Array({ minLength: 1, maxLength: 2_000 }),
        }),
      ),
    ),
  );

test('a CA journal reads back as it was written', () => {
  fc.assert(
    fc.property(entriesOf, (entries) => {
      const read = parseJournal(encodeJournal(entries));
      assert.deepEqual(
        read.map((entry) => ({ ...entry, certificate: [...entry.certificate] })),
        entries.map((entry) => ({ ...entry, certificate: [...entry.certificate] })),
      );
    }),
  );
});

const refusesOrReads = (content: Uint8Array): void => {
  try {
    parseJournal(content);
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error));
  }
};

test('a CA journal of any bytes is read or refused', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), refusesOrReads));
  fc.assert(fc.property(fc.json(), (text) => refusesOrReads(new TextEncoder().encode(text))));
});

test('a CA journal with a changed byte is read or refused', () => {
  fc.assert(
    fc.property(entriesOf, fc.nat(), fc.nat(255), (entries, at, byte) => {
      const content = encodeJournal(entries);
      content[at % content.length] = byte;
      refusesOrReads(content);
    }),
  );
});
