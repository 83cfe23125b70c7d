import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceDefinition } from '../../../shared/rpc/definitions.ts';
import { readRequest } from '../../../shared/rpc/read-request.ts';
import { Code } from '../../../shared/errors.ts';

const method = serviceDefinition('spire.api.server.entry.v1.Entry')['BatchCreateEntry'];
assert.ok(method !== undefined);
const { requestSerialize: serialize, requestDeserialize: deserialize } = method;
const bytesOf = (count: number): Buffer => serialize({ entries: Array.from({ length: count }, () => ({})) });

test('a request is read as the protocol says', () => {
  const read = readRequest(deserialize, serialize({ entries: [{ id: 'a' }] })) as {
    entries: { id: string }[];
  };
  assert.deepEqual(
    read.entries.map(({ id }) => id),
    ['a'],
  );
});

const malformed: Readonly<Record<string, Buffer>> = {
  'a length beyond the end': Buffer.from([0x0a, 0x7f, 1]),
  'half a number': Buffer.from([0x0a, 0xff, 0xff]),
  'a wire type that there is none of': Buffer.from([0x0f]),
  'a group that never ends': Buffer.from([0x0b, 0x0b]),
  'groups without end in each other': Buffer.alloc(100_000, 0x0b),
  'a number that is too long': Buffer.alloc(30, 0xff),
};

for (const [name, bytes] of Object.entries(malformed)) {
  test(`${name} is an invalid request, and no more is said`, () => {
    const refusal = { code: Code.invalidArgument, message: 'request is malformed' };
    assert.throws(() => readRequest(deserialize, bytes), refusal);
  });
}

test('more things than any message needs are refused before they are made', () => {
  const few = readRequest(deserialize, bytesOf(200_000)) as { entries: object[] };
  assert.equal(few.entries.length, 200_000);
  const decode = (): never => assert.fail('it was decoded');
  assert.throws(() => readRequest(decode, bytesOf(200_001)), {
    code: Code.invalidArgument,
    message: 'request has more than 200000 fields',
  });
});
