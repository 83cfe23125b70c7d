/** The scripts of `completion`, asked in the shells that they are for. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { agentCommands } from '../../../agent/cli/commands.ts';
import { serverCommands } from '../../../server/cli/commands.ts';
import { run } from '../../cli/run-file.ts';
import { type } from '../../fakes/terminal.ts';

/** Of what it is given zsh itself leaves out what does not begin as typed; fish says what a word does. */
const begun = (out: string, typed: string): readonly string[] =>
  out
    .split('\n')
    .map((line) => (line.split('\t')[0] ?? '').replace(/\/$/, ''))
    .filter((line) => line.startsWith(typed) && line !== '' && line !== '-h')
    .sort();

const ROOT = join(import.meta.dirname, '..', '..', '..');

type Shell = 'bash' | 'zsh' | 'fish';

/** How each shell is asked what can follow lines; its arguments are the script, and for each line its length and its words. */
const ASK: Readonly<Record<Shell, string>> = {
  bash: `source "$1"; shift
while (($# > 0)); do
  COMP_WORDS=("\${@:2:$1}"); COMP_CWORD=$(($1 - 1)); shift $(($1 + 1))
  _writ_complete; printf '%s\\n' "\${COMPREPLY[@]}" '=='
done`,
  // bashcompinit brings compgen, and hands over arrays as bash has them.
  zsh: `autoload -U compinit; compinit -u -D; source "$1"; shift; setopt shwordsplit ksharrays
while (($# > 0)); do
  COMP_WORDS=("\${@:2:$1}"); COMP_CWORD=$(($1 - 1)); shift $(($1 + 1))
  _writ_complete; print -l -- "\${COMPREPLY[@]}" '=='
done`,
  fish: `source $argv[1]; set -e argv[1]
while test (count $argv) -gt 0
  complete -C (string join -- ' ' $argv[2..(math 1 + $argv[1])]); echo '=='; set -e argv[1..(math 1 + $argv[1])]
end`,
};

const pathOf = (shell: Shell): string | undefined =>
  [`/usr/bin/${shell}`, `/bin/${shell}`].find((path) => existsSync(path));

const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ['spire-server', 'entry', ''],
    ['apply', 'count', 'create', 'delete', 'explain', 'export', 'show', 'update', 'watch'],
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
  [
    ['spire-server', 'entry', 'show', '-output', ''],
    ['json', 'pretty'],
  ],
  [['spire-server', 'entry', 'show', '--match-selectors-on', 'sub'], ['subset']],
  [['spire-server', 'run', '-logLevel', 'W'], ['WARN']],
  [['writ', 'server', 'run', '-config', 'DIR/conf/se'], ['DIR/conf/server one.conf']],
  [['writ', 'agent', 'api', 'fetch', '--write', 'DIR/co'], ['DIR/conf']],
  [['spire-server', 'entry', 'show', '-spiffeID', 'DIR/co'], []],
  [['spire-server', 'entry', 'show', '-spiffeID', ''], []],
];

describe('completion', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-completion-'));
  const scripts: string[] = [];
  const placed = (word: string): string => word.replace('DIR', directory);
  const scriptFor = (shell: Shell): string => join(directory, shell);

  before(async () => {
    mkdirSync(join(directory, 'conf'));
    writeFileSync(join(directory, 'conf', 'server one.conf'), '');
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
    const ask = async (lines: readonly (readonly string[])[]): Promise<readonly (readonly string[])[]> => {
      const start = shell === 'bash' ? ['--norc', '-c'] : shell === 'zsh' ? ['-f', '-c'] : ['-N', '-c'];
      const given = [scriptFor(shell), ...lines.flatMap((words) => [String(words.length), ...words])];
      const args = [...start, ASK[shell], ...(shell === 'fish' ? [] : [shell]), ...given];
      const { code, out, err } = await run(path ?? shell, args, { env: { HOME: directory } });
      assert.deepEqual([code, err], [0, '']);
      return out.split('==\n').map((each, at) => begun(each, lines[at]?.at(-1) ?? ''));
    };

    it(`offers in ${shell} what can follow`, { skip }, async () => {
      const lines = cases.map(([words]) => words.map(placed));
      const offered = await ask(lines);
      for (const [at, [words, expected]] of cases.entries()) {
        // For files zsh does not ask the script.
        const isLeftToShell = shell === 'zsh' && expected.some((word) => word.includes('DIR'));
        assert.deepEqual(offered[at], isLeftToShell ? [] : expected.map(placed), words.join(' '));
      }
    });
  }

  it('offers in bash the values of a flag behind "=" as well, which bash takes for a word', async () => {
    const ask = (...words: readonly string[]) =>
      run('/bin/bash', ['--norc', '-c', ASK.bash, 'bash', scriptFor('bash'), String(words.length), ...words]);
    const show = ['spire-server', 'entry', 'show'];
    assert.equal((await ask(...show, '-output', '=')).out, 'pretty\njson\n==\n');
    assert.equal((await ask(...show, '--output', '=', 'js')).out, 'json\n==\n');
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
      for (const text of quoted) assert.match(text, /^[A-Za-z0-9 _:,@-]*$/);
  });
});
