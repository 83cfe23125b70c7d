import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { StateFile } from '../../../agent/agent-svid/state-file.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { Code } from '../../../shared/errors.ts';
import { makeLeaf, makeRoot } from '../../shared/crypto/pki.ts';

describe('the state file', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'writ-state-'));
    path = join(directory, 'agent-data.json');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is empty when there is none, in a directory that it makes', () => {
    const { state } = StateFile.open(join(directory, 'new', 'data'));
    assert.deepEqual(state, { svid: [], bundle: [], canReattest: false });
  });

  it('takes over what a SPIRE agent wrote, and keeps the members that it does not know', async () => {
    const root = await makeRoot();
    const leaf = await makeLeaf(root);
    const block = (der: Uint8Array): string => Buffer.from(formatPem('CERTIFICATE', der)).toString('base64');
    writeFileSync(
      path,
      JSON.stringify({
        svid: [block(leaf.certificate.raw)],
        bundle: [block(root.certificate.raw)],
        reattestable: true,
        bootstrap_use: 'bootstrap',
        connection_attempts: 3,
      }),
    );
    const file = StateFile.open(directory);
    assert.deepEqual(file.state, {
      svid: [leaf.certificate.raw],
      bundle: [root.certificate.raw],
      canReattest: true,
    });
    file.store({ svid: [] });
    const json = JSON.parse(readFileSync(path, 'utf8'));
    assert.deepEqual(json, {
      svid: [],
      bundle: [block(root.certificate.raw)],
      reattestable: true,
      bootstrap_use: 'bootstrap',
      connection_attempts: 3,
    });
  });

  it('reads lists that were never filled', () => {
    writeFileSync(path, '{"svid":null,"bundle":null,"reattestable":false}');
    assert.deepEqual(StateFile.open(directory).state.svid, []);
  });

  for (const [what, content] of [
    ['text that is not JSON', 'svid'],
    ['a list', '[]'],
    ['certificates that are not a list', '{"svid":"x"}'],
    ['a certificate that is not base64', '{"svid":["*"]}'],
    [
      'a key where a certificate belongs',
      `{"svid":["${Buffer.from(formatPem('PRIVATE KEY', Uint8Array.of(1))).toString('base64')}"]}`,
    ],
  ] as const) {
    it(`refuses ${what}, saying what to do`, () => {
      writeFileSync(path, content);
      assert.throws(() => StateFile.open(directory), {
        code: Code.failedPrecondition,
        message: /restore it from a backup, or remove it/,
      });
    });
  }

  it('refuses a symbolic link', () => {
    writeFileSync(join(directory, 'elsewhere'), '{}');
    symlinkSync(join(directory, 'elsewhere'), path);
    assert.throws(() => StateFile.open(directory), { code: Code.failedPrecondition });
  });

  it('keeps the old state when the new one cannot be written', async () => {
    const root = await makeRoot();
    const data = join(directory, 'data');
    const file = StateFile.open(data);
    rmSync(data, { recursive: true });
    assert.throws(() => file.store({ bundle: [root.certificate.raw] }), /cannot be written/);
    assert.deepEqual(file.state.bundle, []);
  });

  it('removes what a crash left beside it', () => {
    writeFileSync(`${path}.1234.tmp`, '{"svid":["LS0');
    StateFile.open(directory);
    assert.equal(existsSync(`${path}.1234.tmp`), false);
  });
});
