import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NodeOutput } from '../../../proto/gen/envoy/config/core/v3/Node.ts';
import type { ValueOutput } from '../../../proto/gen/google/protobuf/Value.ts';
import { messageType } from '../../../shared/rpc/messages.ts';
import { topValue } from '../../../agent/sds/metadata.ts';
import { type Validation, validationFor } from '../../../agent/sds/validation.ts';

const nodeWith = (
  flag: ValueOutput | undefined,
  version?: { readonly major_number: number; readonly minor_number: number },
): NodeOutput => ({
  id: 'front',
  cluster: '',
  metadata: Buffer.from(
    messageType('google.protobuf.Struct').encode({
      fields: flag === undefined ? {} : { other: { stringValue: 'x' }, disable_spiffe_cert_validation: flag },
    }),
  ),
  user_agent_name: 'envoy',
  ...(version === undefined
    ? {}
    : {
        user_agent_build_version: { version: { patch: 0, ...version } },
        user_agent_version_type: 'user_agent_build_version',
      }),
});
const flag = (boolValue: boolean): ValueOutput => ({ kind: 'boolValue', boolValue });
const word = (stringValue: string): ValueOutput => ({ kind: 'stringValue', stringValue });
const version = (major_number: number, minor_number: number) => ({ major_number, minor_number });

const cases: readonly [string, NodeOutput | null, boolean, Validation][] = [
  ['no node', null, false, 'spiffe'],
  ['no node, where the operator says so', null, true, 'plain'],
  ['a node that says nothing', nodeWith(undefined), false, 'spiffe'],
  ['a node that wants it otherwise', nodeWith(flag(true)), false, 'plain'],
  ['a node that wants it although the operator does not', nodeWith(flag(false)), true, 'spiffe'],
  ['a node that says true', nodeWith(word('true')), false, 'plain'],
  ['a node that says T', nodeWith(word('T')), false, 'plain'],
  ['a node that says 0', nodeWith(word('0')), true, 'spiffe'],
  ['a node that says neither', nodeWith(word('yes')), true, 'plain'],
  ['a node that says a number', nodeWith({ kind: 'numberValue', numberValue: 1 }), false, 'spiffe'],
  ['Envoy 1.17', nodeWith(undefined, version(1, 17)), false, 'plain'],
  ['Envoy 1.17 that wants it', nodeWith(flag(false), version(1, 17)), false, 'plain'],
  ['Envoy 1.18', nodeWith(undefined, version(1, 18)), false, 'spiffe'],
  ['Envoy 2.0', nodeWith(undefined, version(2, 0)), false, 'spiffe'],
  ['Envoy 0.19', nodeWith(undefined, version(0, 19)), false, 'plain'],
  [
    'an Envoy that does not know its version',
    { ...nodeWith(undefined), user_agent_build_version: { version: null } },
    false,
    'spiffe',
  ],
];

for (const [who, node, isDisabled, expected] of cases)
  test(`${who} gets ${expected === 'spiffe' ? 'the SPIFFE validator' : 'a plain list of CAs'}`, () => {
    assert.equal(validationFor(node, isDisabled), expected);
  });

test('one value is found among very many, which are not unfolded, and none in what is no Struct', () => {
  const struct = (fields: object): Uint8Array => messageType('google.protobuf.Struct').encode({ fields });
  const many = { listValue: { values: Array.from({ length: 100_000 }, () => ({})) } };
  assert.equal(topValue(struct({ many, flag: { boolValue: true } }), 'flag'), true);
  assert.equal(topValue(struct({ flag: { stringValue: '0' }, many }), 'flag'), '0');
  assert.equal(topValue(struct({ flag: many }), 'flag'), undefined);
  const crowd = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`k${at}`, { boolValue: true }]));
  assert.equal(topValue(struct({ ...crowd, flag: { boolValue: true } }), 'flag'), undefined);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      assert.ok(['string', 'boolean', 'undefined'].includes(typeof topValue(bytes, '')));
    }),
  );
});
