import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeKept, KeptText } from '../../agent/cache/kept-text.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { makeAgentEntry } from '../agent/cache/make-agent-entry.ts';
import { Code } from '../../shared/errors.ts';
import { utf8 } from '../../shared/bytes.ts';
import { isRefusal } from '../refusal.ts';

const FOR = { trustDomain: 'example.org', agentId: 'spiffe://example.org/a', dataDir: '/data' };
const refused = isRefusal(Code.invalidArgument, /./);

test('any bytes are refused as what they are, with a right checksum too', () => {
  const line = fc.oneof(fc.json(), fc.string());
  fc.assert(
    fc.property(fc.uint8Array(), fc.array(line), (bytes, lines) => {
      assert.throws(() => decodeKept(FOR, bytes), refused);
      const body = `${lines.join('\n')}\n`;
      assert.throws(() => decodeKept(FOR, utf8(`${body}${hash('sha256', body, 'hex')}\n`)), refused);
    }),
  );
});

test('what is written is read as it was', () => {
  const entry = fc.record({
    id: fc.string(),
    hint: fc.string(),
    revisionNumber: fc.nat(),
    createdAt: fc.date({ noInvalidDate: true }),
    admin: fc.boolean(),
    selectors: fc.array(
      fc.string({ minLength: 1 }).map((value) => `unix:${value}`),
      { minLength: 1 },
    ),
  });
  const authority = fc.record(
    { certificate: fc.uint8Array(), tainted: fc.boolean() },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(
      fc.array(entry),
      fc.array(authority),
      fc.date({ noInvalidDate: true }),
      (made, x509, keptAt) => {
        const entries = made.map((one) => ({
          entry: makeAgentEntry({ ...one, path: '/x' }),
          svid: undefined,
        }));
        const ownBundle = {
          trustDomain: TrustDomain.parse('example.org'),
          x509Authorities: x509,
          jwtAuthorities: [],
          witAuthorities: [],
          refreshHintSeconds: 1,
          sequenceNumber: 2,
        };
        const state = { keptAt, position: undefined, ownBundle, federatedBundles: [], entries };
        assert.deepEqual(decodeKept(FOR, new KeptText().encode(FOR, state)), state);
      },
    ),
  );
});
