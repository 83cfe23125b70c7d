/** Claims as google.protobuf.Struct: what goes in comes out, and no depth exhausts the stack. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StructOutput } from '../../proto/gen/google/protobuf/Struct.ts';
import { methodTypes } from '../../shared/rpc/messages.ts';
import { fromStruct, toStruct } from '../../shared/rpc/struct.ts';
import { Code } from '../../shared/errors.ts';

const { response } = methodTypes('SpiffeWorkloadAPI', 'ValidateJWTSVID');

test('claims are the same after a journey over the wire', () => {
  const claims = fc.dictionary(
    fc.string().filter((name) => name !== '__proto__'),
    fc.jsonValue({ maxDepth: 5 }),
  );
  fc.assert(
    fc.property(claims, (given) => {
      const sent = JSON.parse(JSON.stringify(given)) as Record<string, unknown>;
      const bytes = response.encode({ spiffe_id: '', claims: toStruct(sent) });
      const received = response.decode(bytes) as { claims: StructOutput };
      assert.deepEqual(fromStruct(received.claims), sent);
    }),
  );
});

test('what is nested too deep is refused before the stack is exhausted', () => {
  const deep = (open: string, close: string, depth: number): unknown =>
    JSON.parse(open.repeat(depth) + '1' + close.repeat(depth));
  for (const value of [deep('[', ']', 5_000), deep('{"a":', '}', 5_000)])
    assert.throws(() => toStruct({ value }), { code: Code.invalidArgument });
  assert.ok(toStruct({ value: deep('[', ']', 31) }));
});
