import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AuthorityStatus, SLOT_IDS, type SlotId, STATUSES } from '../../server/ca/authorities.ts';
import { encodeJournal, type JournalContent, parseJournal } from '../../server/ca/journal.ts';
import { CodedError } from '../../shared/errors.ts';

/** What a kind's slots hold: each slot and each status at most once. */
const slotsOf = <Fields extends object>(
  fields: fc.Arbitrary<Fields>,
): fc.Arbitrary<readonly (Fields & { slot: SlotId; status: AuthorityStatus; issuedAt: Date })[]> =>
  fc
    .tuple(fc.shuffledSubarray([...SLOT_IDS]), fc.shuffledSubarray([...STATUSES], { minLength: 2 }))
    .chain(([slots, statuses]) =>
      fc.tuple(
        ...slots.map((slot, at) =>
          fc.tuple(fields, time).map(([rest, issuedAt]) => ({
            ...rest,
            slot,
            status: statuses[at] ?? 'OLD',
            issuedAt,
          })),
        ),
      ),
    );

const time = fc.integer({ min: 0, max: 253_402_300_799 }).map((seconds) => new Date(seconds * 1_000));
const bytes = (maxLength: number) =>
  fc.uint8Array({ minLength: 1, maxLength }).map((array) => new Uint8Array(array));
const list = (minLength: number) => fc.array(bytes(500), { minLength, maxLength: 4 });
const upstream = fc.option(fc.record({ intermediates: list(0), roots: list(1) }), { nil: undefined });
const caEntries = slotsOf(fc.record({ certificate: bytes(2_000), upstream }));
const keyEntries = slotsOf(
  fc.record({ keyId: fc.string({ minLength: 1, maxLength: 64 }), publicKey: bytes(600), expiresAt: time }),
);
const contents = fc.record({ x509: caEntries, jwt: keyEntries, wit: keyEntries });

/** Without the prototypes and classes that fast-check and base64 differ in. */
const plain = (content: JournalContent): unknown =>
  JSON.parse(
    JSON.stringify(content, (_, value: unknown) => (value instanceof Uint8Array ? [...value] : value)),
  );

test('a CA journal reads back as it was written', () => {
  fc.assert(
    fc.property(contents, (content) => {
      assert.deepEqual(plain(parseJournal(encodeJournal(content))), plain(content));
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
    fc.property(contents, fc.nat(), fc.nat(255), (written, at, byte) => {
      const content = encodeJournal(written);
      content[at % content.length] = byte;
      refusesOrReads(content);
    }),
  );
});
