import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { prepareState } from '../../deploy/up/state.ts';

const NOBODY = 65_534;
const needsRoot = process.geteuid?.() === 0 ? false : 'files can be given to another user by root alone';

describe('the state directory of writ up', () => {
  let directory: string;
  before(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), 'writ-state-')));
    chmodSync(directory, 0o1777); // as /tmp is
  });
  after(() => rmSync(directory, { recursive: true }));

  it('is made for its owner, with a way through for Postgres', () => {
    const root = join(directory, 'new');
    const { lock } = prepareState(root, false);
    assert.equal(statSync(root).mode & 0o777, 0o711);
    assert.equal(readFileSync(lock, 'utf8'), `${process.pid}\n`);
  });

  for (const isFresh of [false, true]) {
    const what = isFresh ? 'and is not emptied' : 'whose programs would be run';

    it(`is refused where another user made it first, ${what}`, { skip: needsRoot }, () => {
      const root = join(directory, `squatted-${isFresh}`);
      mkdirSync(join(root, 'bin'), { recursive: true });
      writeFileSync(join(root, 'bin', 'greeter'), 'not ours');
      writeFileSync(join(root, 'server.conf'), '');
      lchownSync(root, NOBODY, NOBODY);
      const message = `"${root}" belongs to user ${NOBODY}, who could put something else there: choose another with --state`;
      assert.throws(() => prepareState(root, isFresh), { message });
      assert.equal(existsSync(join(root, 'up.pid')), false);
      assert.equal(existsSync(join(root, 'bin', 'greeter')), true);
    });

    it(`is refused where it is another user's link, ${what}`, { skip: needsRoot }, () => {
      const target = join(directory, `target-${isFresh}`);
      mkdirSync(target, { mode: 0o755 });
      writeFileSync(join(target, 'server.conf'), '');
      const root = join(directory, `link-${isFresh}`);
      symlinkSync(target, root);
      lchownSync(root, NOBODY, NOBODY);
      assert.throws(() => prepareState(root, isFresh), { message: /link-.*" belongs to user 65534/ });
      assert.equal(statSync(target).mode & 0o777, 0o755);
      assert.equal(existsSync(join(target, 'server.conf')), true);
    });
  }

  it('is refused in a directory that everybody may change', () => {
    const open = join(directory, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const message =
      /everybody may write to ".*open" and could put something else there: choose another with --state/;
    assert.throws(() => prepareState(join(open, 'writ'), false), { message });
    assert.equal(existsSync(join(open, 'writ')), false);
  });

  it('is refused where everybody could have put programs in it', () => {
    const root = join(directory, 'wide');
    mkdirSync(root);
    chmodSync(root, 0o777);
    assert.throws(() => prepareState(root, false), { message: /everybody may write to/ });
  });
});
