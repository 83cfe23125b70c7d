/** Our codec of messages against @grpc/proto-loader's, for every message that has a name there; others are within these. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromJSON, type MessageTypeDefinition } from '@grpc/proto-loader';
import root from '../../../proto/gen/root.json' with { type: 'json' };
import { Code, CodedError } from '../../../shared/errors.ts';
import { messageType, methodTypes } from '../../../shared/rpc/messages.ts';

const OPTIONS = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true } as const;
const definitions = fromJSON(root as Parameters<typeof fromJSON>[0], OPTIONS);

interface Described {
  readonly nested?: Readonly<Record<string, Described>>;
  readonly fields?: Readonly<Record<string, { type: string; rule?: string; keyType?: string }>>;
  readonly oneofs?: Readonly<Record<string, { oneof: string[] }>>;
  readonly values?: Readonly<Record<string, number>>;
}

function allMessages(described: Described, path: readonly string[] = []): readonly string[] {
  return Object.entries(described.nested ?? {}).flatMap(([name, inner]) => [
    ...(inner.fields === undefined ? [] : [[...path, name].join('.')]),
    ...allMessages(inner, [...path, name]),
  ]);
}

const theirs = (name: string): MessageTypeDefinition<object, object> =>
  definitions[name] as MessageTypeDefinition<object, object>;

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: fc.string({ unit: 'binary', maxLength: 20 }),
  bytes: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  bool: fc.boolean(),
  int32,
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
  double: fc.double({ noNaN: true }),
  float: fc.float({ noNaN: true }),
};

function lookUp(type: string, scope: readonly string[]): { described: Described; path: string[] } {
  for (let length = scope.length; length >= 0; length -= 1) {
    const path = [...scope.slice(0, length), ...type.split('.')];
    const described = path.reduce<Described | undefined>((at, word) => at?.nested?.[word], root as Described);
    if (described !== undefined) return { described, path };
  }
  throw new Error(type);
}

/** Of each choice one member at most, as a program would fill it. */
function messageOf(name: string, depth = 0): fc.Arbitrary<object> {
  const { described, path } = lookUp(name, []);
  const fields = Object.entries(described.fields ?? {}).map(
    ([field, { type, rule, keyType }]): [string, fc.Arbitrary<unknown>] => {
      const one = scalars[type] ?? other(type, path, depth);
      if (keyType !== undefined)
        return [
          field,
          fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), one, {
            maxKeys: 3,
            noNullPrototype: true,
          }),
        ];
      return [field, rule === 'repeated' ? fc.array(one, { maxLength: 3 }) : one];
    },
  );
  const choices = Object.values(described.oneofs ?? {}).map(({ oneof }) => oneof);
  return fc
    .tuple(fc.record(Object.fromEntries(fields), { requiredKeys: [] }), fc.nat())
    .map(([message, at]) => {
      const kept = Object.entries(message).filter(([field]) => {
        const members = choices.find((each) => each.includes(field));
        return members === undefined || members[at % members.length] === field;
      });
      return Object.fromEntries(kept);
    });
}

function other(type: string, scope: readonly string[], depth: number): fc.Arbitrary<unknown> {
  const { described, path } = lookUp(type, scope);
  if (described.values !== undefined)
    return fc.oneof(fc.constantFrom(...Object.keys(described.values)), fc.constant(77));
  return depth > 2 ? fc.constant({}) : messageOf(path.join('.'), depth + 1);
}

describe('the codec of messages agrees with proto-loader', () => {
  const names = allMessages(root as Described).filter((name) => name in definitions);

  it('on what there is', () => assert.ok(names.length > 80, String(names.length)));

  for (const name of names) {
    it(`on ${name}`, () => {
      const [ours, their] = [messageType(name), theirs(name)];
      fc.assert(
        fc.property(messageOf(name), (message) => {
          const sent = their.serialize(message);
          const read = their.deserialize(sent);
          assert.deepEqual(ours.decode(sent), read);
          assert.deepEqual(their.deserialize(Buffer.from(ours.encode(message))), read);
          assert.deepEqual(ours.decode(ours.encode(read)), read);
        }),
        { numRuns: 15 },
      );
    });
  }
});

describe('a message', () => {
  const entry = messageType('spire.api.types.Entry');
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

  it('of any bytes is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          entry.decode(bytes);
        } catch (error) {
          assert.ok(error instanceof CodedError, String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('may hold fields that nobody knows, of every kind', () => {
    const id = hex('0a 01 61');
    for (const unknown of ['a8 3f 05', 'a9 3f 0102030405060708', 'aa 3f 02 6162', 'ad 3f 01020304'])
      assert.equal((entry.decode(Buffer.concat([hex(unknown), id])) as { id: string }).id, 'a');
  });

  it('may hold a field of another kind than ours', () => {
    assert.equal((entry.decode(hex('08 05')) as { id: string }).id, '');
  });

  it('may hold a key that every object has', () => {
    const struct = messageType('google.protobuf.Struct');
    const fields = Object.fromEntries([['__proto__', { string_value: 'x' }]]);
    const read = struct.decode(struct.encode({ fields })) as { fields: object };
    assert.deepEqual(Object.keys(read.fields), ['__proto__']);
    assert.equal(Object.getPrototypeOf(read.fields), Object.prototype);
  });

  const wrong: Readonly<Record<string, Buffer>> = {
    'is cut off': hex('0a 05 61'),
    'has a number without end': hex('58 ff ff ff ff ff ff ff ff ff ff ff 01'),
    'has a kind of field that there is not': hex('0b'),
    'is deeper than a hundred': nested(150),
  };
  for (const [what, bytes] of Object.entries(wrong))
    it(`is refused when it ${what}`, () => {
      const type = what.startsWith('is deeper') ? messageType('google.protobuf.Value') : entry;
      assert.throws(() => type.decode(bytes), { code: Code.internal });
    });

  it('is known by its full name, an RPC by that of its service', () => {
    assert.throws(() => messageType('spire.api.types.None'), /no spire.api.types.None in the descriptor/);
    assert.throws(() => methodTypes('grpc.health.v1.Health', 'Ask'), /no RPC Ask/);
    assert.throws(() => methodTypes('grpc.health.v1.None', 'Check'), /no grpc.health.v1.None in/);
  });
});

/** A list in a list in a list … */
function nested(depth: number): Buffer {
  let bytes = messageType('google.protobuf.Value').encode({ bool_value: true });
  for (let at = 0; at < depth; at += 1) {
    const prefixed = (tag: number, inner: Uint8Array): Uint8Array => {
      const length = inner.length < 128 ? [inner.length] : [(inner.length % 128) + 128, inner.length >> 7];
      return Buffer.concat([Buffer.from([tag, ...length]), inner]);
    };
    bytes = prefixed(0x32, prefixed(0x0a, bytes));
  }
  return Buffer.from(bytes);
}
