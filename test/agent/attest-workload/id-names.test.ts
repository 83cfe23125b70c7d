import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { idNames, parseIdNames } from '../../../agent/attest-workload/id-names.ts';

describe('names of users and groups', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-names-'));
  after(() => rmSync(directory, { recursive: true }));

  it('are read from passwd and group files alike', () => {
    const names = parseIdNames(
      'root:x:0:0:root:/root:/bin/sh\n# note:x:7:\n\nsvc:x:998:a,b\n+nis::::::\nbad:x:-1:\n:x:5:\n',
    );
    assert.deepEqual(
      [...names],
      [
        [0, 'root'],
        [998, 'svc'],
      ],
    );
  });

  it('are those of the first line with the id', () => {
    assert.equal(parseIdNames('root:x:0:0\ntoor:x:0:0\n').get(0), 'root');
  });

  it('follow the file when it is changed or replaced', () => {
    const path = join(directory, 'passwd');
    writeFileSync(path, 'a:x:7:\n');
    const names = idNames(path);
    assert.equal(names.current().get(7), 'a');
    writeFileSync(`${path}.new`, 'b:x:7:\n');
    renameSync(`${path}.new`, path);
    assert.equal(names.current().get(7), 'b');
    rmSync(path);
    assert.equal(names.current().get(7), undefined);
    writeFileSync(path, 'c:x:7:\n');
    assert.equal(names.current().get(7), 'c');
  });

  it('are missed aloud only the first time', () => {
    const names = idNames(join(directory, 'none'));
    assert.deepEqual(
      [names.current().get(5), names.isFirstMiss(5), names.isFirstMiss(5), names.isFirstMiss(6)],
      [undefined, true, false, true],
    );
    const missed = Array.from({ length: 1_000 }, (_, id) => names.isFirstMiss(id + 100)).filter(Boolean);
    assert.equal(missed.length, 98);
  });
});
