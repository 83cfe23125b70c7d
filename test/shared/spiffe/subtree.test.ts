import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInSubtree, type Subtree } from '../../../shared/spiffe/subtree.ts';

const root = 'spiffe://td/team';
const all: Subtree = { root, withRoot: true, withBelow: true };

const rows: readonly (readonly [string, Subtree, boolean])[] = [
  [root, all, true],
  [`${root}/web`, all, true],
  [`${root}/web/v1`, all, true],
  ['spiffe://td/teams', all, false],
  ['spiffe://td/team-b/web', all, false],
  ['spiffe://td', all, false],
  ['spiffe://td2/team/web', all, false],
  [root, { ...all, withRoot: false }, false],
  [`${root}/web`, { ...all, withRoot: false }, true],
  [root, { ...all, withBelow: false }, true],
  [`${root}/web`, { ...all, withBelow: false }, false],
  ['spiffe://td/any', { ...all, root: 'spiffe://td' }, true],
  ['spiffe://td.evil/any', { ...all, root: 'spiffe://td' }, false],
];

for (const [id, tree, expected] of rows)
  test(`${id} is ${expected ? '' : 'not '}in ${JSON.stringify(tree)}`, () =>
    assert.equal(isInSubtree(id, tree), expected));
