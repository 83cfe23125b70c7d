import assert from 'node:assert/strict';
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { whyOthersCanReplace } from '../../shared/trusted-path.ts';

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;
const needsRoot = isRoot ? false : 'files can be given to another user by root alone';

describe('a path', () => {
  let root: string;
  before(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'writ-trusted-')));
    for (const [name, mode] of [
      ['own', 0o755],
      ['group', 0o775],
      ['open', 0o777],
      ['sticky', 0o1777],
      ['open/within', 0o755],
    ] as const) {
      mkdirSync(join(root, name));
      chmodSync(join(root, name), mode);
    }
    symlinkSync(join(root, 'own'), join(root, 'good-link'));
    symlinkSync('own/../open', join(root, 'bad-link'));
    symlinkSync('round', join(root, 'round'));
    writeFileSync(join(root, 'file'), '');
  });
  after(() => rmSync(root, { recursive: true }));

  for (const path of [
    'own',
    'own/not/there',
    'not-there',
    'group',
    'sticky',
    'sticky/new',
    'good-link',
    'file',
    'file/below',
  ]) {
    it(`"${path}" is ours alone`, () => {
      assert.equal(whyOthersCanReplace(`${root}/${path}`), undefined);
    });
  }

  for (const path of [
    'open',
    'open/within',
    'open/../own',
    'open/not-there',
    'bad-link',
    'bad-link/x',
    'good-link/../open',
  ]) {
    it(`"${path}" can be replaced by everybody`, () => {
      assert.equal(
        whyOthersCanReplace(`${root}/${path}`),
        `everybody may write to "${root}/open" and could put something else there`,
      );
    });
  }

  it('is looked at from where the program stands when it is relative', () => {
    const why = whyOthersCanReplace(relative(process.cwd(), join(root, 'open')));
    assert.match(why ?? '', /everybody may write/);
  });

  it('of links in a circle leads nowhere', () => {
    assert.match(whyOthersCanReplace(join(root, 'round', 'x')) ?? '', /round" is a link that leads nowhere/);
  });

  for (const [what, make] of Object.entries({
    'a directory': (path: string) => mkdirSync(path),
    'a link': (path: string) => symlinkSync(join(root, 'own'), path),
  })) {
    it(`through ${what} of another user can be replaced by that user`, { skip: needsRoot }, () => {
      const path = join(root, 'sticky', what.replace(' ', '-'));
      make(path);
      lchownSync(path, NOBODY, NOBODY);
      const expected = `"${path}" belongs to user ${NOBODY}, who could put something else there`;
      assert.equal(whyOthersCanReplace(join(path, 'x')), expected);
    });
  }
});
