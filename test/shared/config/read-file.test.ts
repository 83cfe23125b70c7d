/** Reading configuration files: the errors say what to do. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readConfigFile } from '../../../shared/config/read-file.ts';

function inFolder(deed: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'writ-config-'));
  try {
    deed(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('readConfigFile', () => {
  test('gives the text', () => {
    inFolder((folder) => {
      writeFileSync(join(folder, 'a.conf'), 'a = "é"');
      assert.equal(readConfigFile(join(folder, 'a.conf')), 'a = "é"');
    });
  });

  test('says that a missing file is missing, and how to name another', () => {
    inFolder((folder) => {
      assert.throws(
        () => readConfigFile(join(folder, 'a.conf')),
        /a\.conf" does not exist: create it or name another/,
      );
    });
  });

  test('refuses a directory, a path through a file, and a device', () => {
    inFolder((folder) => {
      writeFileSync(join(folder, 'a.conf'), '');
      assert.throws(() => readConfigFile(folder), /is a directory/);
      assert.throws(
        () => readConfigFile(join(folder, 'a.conf', 'b')),
        /a part of its path is not a directory/,
      );
      assert.throws(() => readConfigFile('/dev/null'), /is not a regular file/);
    });
  });

  test('refuses a file over a mebibyte, and bytes that are no UTF-8', () => {
    inFolder((folder) => {
      writeFileSync(join(folder, 'large'), new Uint8Array(1_048_577));
      writeFileSync(join(folder, 'bytes'), new Uint8Array([0xff]));
      assert.throws(() => readConfigFile(join(folder, 'large')), /has 1048577 bytes, more than 1048576/);
      assert.throws(() => readConfigFile(join(folder, 'bytes')), /is not UTF-8 text/);
    });
  });
});
