import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Certificate, parseCertificate } from '../../shared/crypto/certificate.ts';
import { verifyChain } from '../../shared/crypto/chain.ts';
import { CodedError } from '../../shared/errors.ts';
import {
  type Entity,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  NOT_AFTER,
  NOT_BEFORE,
  NOW,
  named,
} from '../shared/crypto/pki.ts';
import { mutated } from './arbitraries.ts';

interface Path {
  readonly root: Certificate;
  /** Leaf first. */
  readonly below: readonly Certificate[];
}

async function makePath(depth: number, keyTypes: readonly ('ec-p256' | 'ec-p384')[]): Promise<Path> {
  const root = await makeRoot({ pathLength: depth });
  let issuer: Entity = root;
  const below: Certificate[] = [];
  for (let n = 0; n < depth; n++) {
    issuer = await makeIntermediate(issuer, {
      subject: named(`intermediate ${n}`),
      keyType: keyTypes[n] ?? 'ec-p256',
      notAfter: new Date(NOT_AFTER.getTime() + n * 1_000),
    });
    below.unshift(issuer.certificate);
  }
  below.unshift((await makeLeaf(issuer)).certificate);
  return { root: root.certificate, below };
}

const paths = await Promise.all([0, 1, 2, 5].map((depth) => makePath(depth, ['ec-p256', 'ec-p384'])));
const strangers = paths.map(({ root }) => root);

/** One of the paths, its certificates after the leaf in any order among those of the others. */
const shuffled = fc.nat(paths.length - 1).chain((at) => {
  const { root, below } = paths[at] ?? assert.fail();
  const [leaf = assert.fail(), ...intermediates] = below;
  const others = paths.filter((_, n) => n !== at).flatMap((path) => path.below);
  const extras = fc.subarray(others, { maxLength: Math.min(others.length, 15 - intermediates.length) });
  return extras
    .chain((extra) =>
      fc.shuffledSubarray([...intermediates, ...extra], { minLength: intermediates.length + extra.length }),
    )
    .map((rest) => ({ root, below, chain: [leaf, ...rest] }));
});

test('the path is found in any order and among any others', () => {
  fc.assert(
    fc.property(shuffled, ({ root, below, chain }) => {
      assert.deepEqual(verifyChain({ chain, roots: strangers, at: NOW }), [...below, root]);
    }),
  );
});

test('without its root, or without one of its intermediates, no path is found', () => {
  fc.assert(
    fc.property(shuffled, fc.nat(), ({ root, below, chain }, n) => {
      const roots = strangers.filter((each) => each !== root);
      assert.throws(() => verifyChain({ chain, roots, at: NOW }), CodedError);
      const missing = below[1 + (n % Math.max(below.length - 1, 1))];
      if (missing === undefined) return;
      const gap = chain.filter((each) => each !== missing);
      assert.throws(() => verifyChain({ chain: gap, roots: strangers, at: NOW }), CodedError);
    }),
  );
});

test('a path holds while all its certificates do, and no longer', () => {
  const spreadMs = 10_000;
  const at = fc.oneof(
    fc.integer({ min: -spreadMs, max: spreadMs }).map((ms) => new Date(NOT_BEFORE.getTime() + ms)),
    fc.integer({ min: -spreadMs, max: spreadMs }).map((ms) => new Date(NOT_AFTER.getTime() + ms)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...paths), at, ({ root, below }, time) => {
      const verify = () => verifyChain({ chain: below, roots: [root], at: time });
      const isWithin = [...below, root].every(
        ({ notBefore, notAfter }) => notBefore <= time && time <= notAfter,
      );
      if (isWithin) verify();
      else assert.throws(verify, CodedError);
    }),
  );
});

test('a changed byte anywhere below the root breaks the path', () => {
  const { root, below } = paths[2] ?? assert.fail();
  const change = fc
    .nat(below.length - 1)
    .chain((n) => mutated((below[n] ?? assert.fail()).raw).map((bytes) => ({ n, bytes })));
  fc.assert(
    fc.property(change, ({ n, bytes }) => {
      assert.throws(
        () => verifyChain({ chain: below.with(n, parseCertificate(bytes)), roots: [root], at: NOW }),
        CodedError,
      );
    }),
    { numRuns: 1_000 },
  );
});
