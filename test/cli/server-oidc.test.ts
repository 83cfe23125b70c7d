/** `oidc`: its file is checked by one command and served by the other, under both of its names. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { oidcCommands } from '../../server/cli/oidc-commands.ts';
import { VERSION } from '../../shared/version.ts';
import { type } from '../fakes/terminal.ts';
import { run } from './run-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLE = join(ROOT, 'deploy/config/oidc-discovery-provider.conf');
const VALID = { code: 0, out: 'OIDC discovery provider configuration file is valid.\n', err: '' };

describe('the command of the OIDC discovery provider', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-oidc-'));
  after(() => rmSync(directory, { recursive: true }));
  const server = { name: 'writ server', commands: serverCommands };
  const alone = { name: 'oidc-discovery-provider', commands: oidcCommands([]) };
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };

  it('checks the example, under both of its names', async () => {
    assert.deepEqual(await type(server, ['oidc', 'validate', '-config', EXAMPLE]), VALID);
    assert.deepEqual(await type(alone, ['validate', '-config', EXAMPLE]), VALID);
  });

  it('tells every fault with its line, also when it is to run', async () => {
    const path = file('bad.conf', 'domains = ["a.org"]\ndomian = 1\nfile { path = "f" }\n');
    const expected = {
      code: 1,
      out: '',
      err: `Error: ${path}:1:1: one of serving_cert_file, listen_socket_path and insecure_addr must be given\n${path}:2:1: unknown key "domian" at the top level; did you mean "domains"?\n`,
    };
    for (const [program, args] of [
      [server, ['oidc']],
      [server, ['oidc', 'validate']],
      [alone, []],
    ] as const)
      assert.deepEqual(await type(program, [...args, '-config', path]), expected);
  });

  it('puts the environment into its file', async () => {
    const path = file('env.conf', 'domains = ["$NAME"] insecure_addr = ":80" file { path = "f" }');
    const environment = { NAME: 'a.org' };
    assert.deepEqual(await type(alone, ['validate', '-expandEnv', '-config', path], { environment }), VALID);
    assert.equal((await type(alone, ['validate', '-config', path], { environment })).code, 1);
  });

  it('looks for its file where SPIRE does', async () => {
    const { code, err } = await type(alone, []);
    assert.equal(code, 1);
    assert.match(err, /configuration file "oidc-discovery-provider\.conf" does not exist/);
  });

  it('helps, and tells its version', async () => {
    assert.match((await type(alone, ['-h'])).out, /^Usage: oidc-discovery-provider \[flags\]\n/);
    assert.match((await type(server, ['oidc', '-h'])).out, /^Usage: writ server oidc \[flags\]\n/);
    for (const word of ['-version', 'version']) assert.equal((await type(alone, [word])).out, `${VERSION}\n`);
  });

  it('is the program that its name says', async () => {
    const link = join(directory, 'oidc-discovery-provider');
    symlinkSync(join(ROOT, 'writ'), link);
    assert.deepEqual(await run(link, ['validate', '-config', EXAMPLE]), VALID);
    const busy = file(
      'run.conf',
      `domains = ["a.org"] file { path = "f" } listen_socket_path = "${join(directory, 'run.conf')}"`,
    );
    const { code, out, err } = await run(link, ['-config', busy]);
    assert.deepEqual([code, err], [1, '']);
    assert.match(
      out,
      /level=error msg="OIDC discovery provider could not start" error=".*run\.conf\\" exists and is not a socket/,
    );
  });
});
