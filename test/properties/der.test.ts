import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DerReader, Tag } from '../../shared/crypto/der.ts';
import {
  type Der,
  encode,
  node,
  objectIdentifier,
  sequence,
  unsignedInteger,
} from '../../shared/crypto/der-writer.ts';
import { parsePem } from '../../shared/crypto/pem.ts';
import { readTime, timeElement } from '../../shared/crypto/times.ts';
import { CodedError } from '../../shared/errors.ts';

type Tree = Uint8Array | readonly Tree[];

const tree = fc.letrec<{ tree: Tree; leaf: Uint8Array; branch: readonly Tree[] }>((tie) => ({
  tree: fc.oneof({ maxDepth: 8 }, tie('leaf'), tie('branch')),
  leaf: fc.uint8Array({ maxLength: 300 }),
  branch: fc.array(tie('tree'), { maxLength: 4 }),
})).tree;

const toDer = (each: Tree): Der =>
  each instanceof Uint8Array ? node(Tag.octetString, each) : sequence(...each.map(toDer));

function fromDer(reader: DerReader): Tree {
  if (reader.isAt(Tag.octetString)) return reader.contents(Tag.octetString).slice();
  const inner = reader.enter(Tag.sequence);
  const read: Tree[] = [];
  while (!inner.isDone) read.push(fromDer(inner));
  return read;
}

test('whatever is written is read as it was', () => {
  fc.assert(
    fc.property(tree, (written) => {
      const reader = new DerReader(encode(toDer(written)));
      assert.deepEqual(fromDer(reader), written);
      reader.end();
    }),
  );
});

test('there is one encoding of each integer, and it is read as it was', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 24 }), (magnitude) => {
      const der = encode(unsignedInteger(magnitude));
      const read = new DerReader(der).unsigned();
      const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
      assert.equal(number(read), number(magnitude));
      assert.deepEqual(encode(unsignedInteger(read)), der);
    }),
  );
});

test('object identifiers are read as they were written', () => {
  const arcs = fc.array(fc.bigInt({ min: 0n, max: 2n ** 96n }), { maxLength: 3 });
  const first = fc.oneof(
    fc.tuple(fc.constantFrom(0n, 1n), fc.bigInt({ min: 0n, max: 39n })),
    fc.tuple(fc.constant(2n), fc.bigInt({ min: 0n, max: 2n ** 64n })),
  );
  fc.assert(
    fc.property(first, arcs, (start, more) => {
      const dotted = [...start, ...more].join('.');
      assert.equal(new DerReader(encode(objectIdentifier(dotted))).oid(), dotted);
    }),
  );
});

test('times are read as they were written, to the second', () => {
  const times = fc.date({
    min: new Date('1950-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(times, (at) => {
      const read = readTime(new DerReader(encode(timeElement(at))));
      assert.equal(read.getTime(), Math.floor(at.getTime() / 1_000) * 1_000);
    }),
  );
});

/** Every way to read an element, tried on all of them in turn. */
function readEverything(bytes: Uint8Array): void {
  const ways: readonly ((reader: DerReader) => unknown)[] = [
    (reader) => reader.integer(),
    (reader) => reader.unsigned(),
    (reader) => reader.smallInteger(),
    (reader) => reader.boolean(),
    (reader) => reader.oid(),
    (reader) => reader.bitString(),
    (reader) => reader.namedBits(),
    (reader) => reader.ascii(reader.peekTag()),
    (reader) => readTime(reader),
    (reader) => readEverything(reader.contents(reader.peekTag())),
  ];
  for (const read of ways) {
    try {
      const reader = new DerReader(bytes);
      while (!reader.isDone) read(reader);
    } catch (error) {
      assert.ok(error instanceof CodedError, String(error));
    }
  }
}

const tags = fc.constantFrom(...Object.values(Tag));
const likely = fc
  .tuple(tags, fc.uint8Array({ maxLength: 20 }))
  .map(([tag, contents]) => encode(node(tag, contents)));

test('random bytes are read or refused, never worse', () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), likely), readEverything), {
    numRuns: 2_000,
  });
});

test('no text makes the PEM reader fail in another way than by refusing', () => {
  const line = fc.oneof(
    fc.constantFrom('-----BEGIN A-----', '-----END A-----', '-----BEGIN B-----', 'AQID', '', '-----'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        parsePem(lines.join('\n'), 'A');
      } catch (error) {
        assert.ok(error instanceof CodedError, String(error));
      }
    }),
  );
});
