/** The scripts of `completion`, asked in the shells that they are for. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { agentCommands } from '../../../agent/cli/commands.ts';
import { serverCommands } from '../../../server/cli/commands.ts';
import { run } from '../../cli/run-file.ts';
import { type } from '../../fakes/terminal.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

type Shell = 'bash' | 'zsh' | 'fish';

/** How each shell is asked what can follow a line; `$script` and the words are its arguments. */
const ASK: Readonly<Record<Shell, string>> = {
  bash: `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _writ_complete; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // bashcompinit brings compgen, and hands over arrays as bash has them.
  zsh: `autoload -U compinit; compinit -u -D; source "$1"; shift; setopt shwordsplit ksharrays; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _writ_complete; print -l -- "\${COMPREPLY[@]}"`,
  fish: `source $argv[1]; complete -C (string join -- ' ' $argv[2..])`,
};

const pathOf = (shell: Shell): string | undefined =>
  [`/usr/bin/${shell}`, `/bin/${shell}`].find((path) => existsSync(path));

const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ['spire-server', 'entry', ''],
    ['count', 'create', 'delete', 'explain', 'show', 'update'],
  ],
  [['spire-server', 'ent'], ['entry']],
  [['spire-server', 'entry', 'show', '-entry'], ['-entryID']],
  [['spire-server', 'entry', 'show', '-entryID', 'x', '-down'], ['-downstream']],
  [['spire-server', 'completion', 'b'], ['bash']],
  [['writ', 'serv'], ['server']],
  [['writ', 'server', 'agent', 'pur'], ['purge']],
  [['writ', 'server', 'x509', 'mint', '-spiffe'], ['-spiffeID']],
  [['writ', 'agent', 'exp'], ['explain']],
  [['writ', 'agent', 'api', 'fetch', 'x'], ['x509']],
  [['writ', 'agent', 'api', 'fetch', 'x509', '-sil'], ['-silent']],
];

describe('completion', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-completion-'));
  const scripts: string[] = [];
  const scriptFor = (shell: Shell): string => join(directory, shell);

  before(async () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const printed = [];
      for (const [name, commands] of [
        ['spire-server', serverCommands],
        ['writ server', serverCommands],
        ['writ agent', agentCommands],
      ] as const) {
        const { code, out, err } = await type({ name, commands }, ['completion', shell]);
        assert.deepEqual([code, err], [0, '']);
        printed.push(out);
      }
      writeFileSync(scriptFor(shell), printed.join(''));
      scripts.push(printed.join(''));
    }
  });
  after(() => rmSync(directory, { recursive: true }));

  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const path = pathOf(shell);
    const skip = path === undefined ? `${shell} is not installed` : false;
    const ask = async (words: readonly string[]): Promise<readonly string[]> => {
      const start = shell === 'bash' ? ['--norc', '-c'] : shell === 'zsh' ? ['-f', '-c'] : ['-N', '-c'];
      const args = [...start, ASK[shell], ...(shell === 'fish' ? [] : [shell]), scriptFor(shell), ...words];
      const { code, out, err } = await run(path ?? shell, args, { env: { HOME: directory } });
      assert.deepEqual([code, err], [0, ''], words.join(' '));
      const lines = out.split('\n').map((line) => line.split('\t')[0] ?? '');
      // Of what it is given zsh itself leaves out what does not begin as typed.
      const begun = lines.filter((line) => line.startsWith(words.at(-1) ?? ''));
      return begun.filter((line) => line !== '' && line !== '-h').sort();
    };

    it(`offers in ${shell} what can follow`, { skip }, async () => {
      for (const [words, expected] of cases) assert.deepEqual(await ask(words), expected, words.join(' '));
    });
  }

  it('leaves the values of flags to the shell, which knows files', async () => {
    const ask = `${ASK.bash}; echo "\${#COMPREPLY[@]}"`;
    for (const flag of ['-config', '--config']) {
      const words = ['spire-server', 'run', flag, ''];
      const args = ['--norc', '-c', ask, 'bash', scriptFor('bash'), ...words];
      const { out } = await run('/bin/bash', args);
      assert.equal(out, '\n0\n');
    }
  });

  it('is printed for both halves by the launcher, and for one alone by its program', async () => {
    const { code, out } = await run(join(ROOT, 'writ'), ['completion', 'bash']);
    assert.equal(code, 0);
    assert.match(out, /_writ_place 'writ server entry show' /);
    assert.match(out, /_writ_place 'writ agent explain' /);
    const wrong = await run(join(ROOT, 'writ'), ['completion', 'tcsh']);
    assert.deepEqual([wrong.code, wrong.out], [1, '']);
    assert.match(wrong.err, /"completion tcsh" is not a command/);
  });

  it('is made of words that no shell takes for anything else', () => {
    const [bash = ''] = scripts;
    for (const [, ...quoted] of bash.matchAll(/^_writ_place '([^']*)' '([^']*)' '([^']*)'$/gm))
      for (const text of quoted) assert.match(text, /^[A-Za-z0-9 -]*$/);
  });
});
