/** The real programs as processes: by their names, in pipes, without a home. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { VERSION } from '../../shared/version.ts';
import { type Ran, run } from './run-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const WRIT = join(ROOT, 'writ');

describe('the real programs', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-links-'));
  for (const name of ['spire-server', 'spire-agent']) symlinkSync(WRIT, join(directory, name));
  after(() => rmSync(directory, { recursive: true }));
  const shell = (command: string): Promise<Ran> =>
    run('/bin/bash', ['--norc', '-c', command], { cwd: directory });

  it('answer as the program that they are started as', async () => {
    const help = await shell('./spire-server help');
    assert.match(help.out, /^Usage: spire-server COMMAND \[flags\]\n/);
    const agent = await shell('./spire-agent api fetch -socketPath /nonexistent.sock');
    assert.deepEqual(agent, {
      code: 1,
      out: '',
      err: "Error: nothing listens on /nonexistent.sock: start 'spire-agent run', or name its socket with -socketPath\n",
    });
    assert.equal((await shell('./spire-agent -version')).out, `${VERSION}\n`);
  });

  it('do not mind that nobody reads to the end', async () => {
    const { out, err } = await shell(`set -o pipefail; ${WRIT} server help | head -1; echo "$?"`);
    assert.match(out, /^Usage: writ server COMMAND \[flags\]\n/);
    assert.equal(err, '');
    const gone = await shell(`{ ${WRIT} server help; echo "$?" >&2; } | true`);
    assert.equal(gone.err, '0\n');
  });

  it('fail when their output cannot be written', async () => {
    const { code, err } = await shell(`${WRIT} server help > /dev/full`);
    assert.equal(code, 1);
    assert.match(err, /^Error: cannot write the output: ENOSPC/);
  });

  it('check a configuration without a home', async () => {
    writeFileSync(
      join(directory, 'bad.conf'),
      'server {\n  trust_domain = "example.org"\n  bind_prt = 1\n}\n',
    );
    const { code, out, err } = await shell('./spire-server validate -config bad.conf');
    assert.deepEqual([code, out], [1, '']);
    assert.match(
      err,
      /^Error: .*bad\.conf:3:3: unknown key "bind_prt" in server; did you mean "bind_port"\?/s,
    );
    const conf = join(ROOT, 'deploy/config/agent.conf');
    const good = await shell(`./spire-agent validate -config ${conf}`);
    assert.deepEqual(good, { code: 0, out: 'SPIRE agent configuration file is valid.\n', err: '' });
  });

  it('have the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    assert.equal(version, VERSION);
  });
});
