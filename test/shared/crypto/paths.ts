/** A path of three certificates for tests, with things changed on the way, and what the verifier says to it. */
import assert from 'node:assert/strict';
import type { Certificate } from '../../../shared/crypto/certificate.ts';
import { verifyChain } from '../../../shared/crypto/chain.ts';
import { Code } from '../../../shared/errors.ts';
import { isRefusal } from '../../refusal.ts';
import { type Changes, type Entity, makeIntermediate, makeLeaf, makeRoot, NOW } from './pki.ts';

export interface Path {
  readonly root: Entity;
  readonly intermediate: Entity;
  readonly leaf: Entity;
}

export async function makePath(
  changes: { root?: Changes; intermediate?: Changes; leaf?: Changes } = {},
): Promise<Path> {
  const root = await makeRoot(changes.root);
  const intermediate = await makeIntermediate(root, changes.intermediate);
  return { root, intermediate, leaf: await makeLeaf(intermediate, changes.leaf) };
}

export function verifyPath({ root, intermediate, leaf }: Path, at: Date = NOW): readonly Certificate[] {
  return verifyChain({ chain: [leaf.certificate, intermediate.certificate], roots: [root.certificate], at });
}

export function refuses(deed: () => unknown, telling: RegExp): void {
  assert.throws(deed, isRefusal(Code.invalidArgument, telling));
}
