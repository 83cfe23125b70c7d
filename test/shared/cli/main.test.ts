/** What a program does with a command line, whatever its commands are. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Command, ReaderGone, type RunCommand } from '../../../shared/cli/command.ts';
import { runProgram } from '../../../shared/cli/main.ts';
import { VERSION } from '../../../shared/version.ts';
import { type Printed, type } from '../../fakes/terminal.ts';

const command = (words: string, deed: RunCommand): Command => ({
  words: words.split(' '),
  summary: `do ${words}`,
  flags: [
    { name: 'someID', kind: 'text', doc: 'an ID', otherwise: 'none' },
    { name: 'output', kind: 'text', doc: 'pretty or json' },
  ],
  load: async () => deed,
});

const commands = [
  command('thing show', async (flags, terminal) => {
    terminal.out(`${terminal.program}: ${flags.text('someID')}\n`);
    return 3;
  }),
  command('thing fail', async () => Promise.reject(new Error('it is broken'))),
  command('thing stop', async () => Promise.reject(new ReaderGone())),
];
const typed = (...args: readonly string[]): Promise<Printed> => type({ name: 'prog', commands }, args);

const THINGS = '  thing show  do thing show\n  thing fail  do thing fail\n  thing stop  do thing stop\n';
const LIST = `Usage: prog COMMAND [flags]\n\n${THINGS}\n'prog COMMAND -h' lists the flags of a command.\n`;
const SHOW = `Usage: prog thing show [flags]

do thing show

Flags:
  -someID, --some-id
      an ID (default none)
  -output
      pretty or json
`;

describe('a program', () => {
  it('runs the command and gives its exit code', async () => {
    assert.deepEqual(await typed('thing', 'show'), { code: 3, out: 'prog: none\n', err: '' });
    assert.deepEqual(await typed('thing', 'show', '--some-id', 'x'), { code: 3, out: 'prog: x\n', err: '' });
  });

  for (const [line, help] of [
    ['help', LIST],
    ['-h', LIST],
    ['--help', LIST],
    ['help nonsense', LIST],
    ['thing -help', LIST],
    ['help thing show', SHOW],
    ['thing show -h', SHOW],
    ['thing show -someID x --help', SHOW],
  ] as const) {
    it(`helps when it is asked "${line}"`, async () => {
      assert.deepEqual(await typed(...line.split(' ')), { code: 0, out: help, err: '' });
    });
  }

  it('does not take the value of a flag for a cry for help', async () => {
    for (const value of ['help', '-h', '--help', 'version', '-version'])
      assert.equal((await typed('thing', 'show', '-someID', value)).out, `prog: ${value}\n`);
  });

  for (const word of ['version', '-version', '--version', '-v']) {
    it(`tells its version when it is asked "${word}"`, async () => {
      assert.deepEqual(await typed(word), { code: 0, out: `${VERSION}\n`, err: '' });
    });
  }

  /** A shell's code for what it does not find, and SPIRE's. */
  const noCommand: readonly string[] = ['', '-x', 'nothing like it'];

  for (const [line, err] of [
    ['', LIST],
    ['-x', "Error: a command is missing\nTry 'prog help'.\n"],
    ['nothing like it', 'Error: "nothing like it" is not a command\nTry \'prog help\'.\n'],
    ['thing', 'Error: "thing" is not whole: thing show, thing fail, thing stop\nTry \'prog help\'.\n'],
    [
      'thing shows',
      'Error: "thing shows" is not a command; did you mean "thing show"?\nTry \'prog help\'.\n',
    ],
    ['thing show it', 'Error: "thing show it" is not a command\nTry \'prog thing show -h\'.\n'],
    ['thing show -x', 'Error: -x is not a flag of "thing show"\nTry \'prog thing show -h\'.\n'],
    ['thing fail', 'Error: it is broken\n'],
  ] as const) {
    it(`fails on "${line}"`, async () => {
      assert.deepEqual(await typed(...line.split(' ').filter((word) => word !== '')), {
        code: noCommand.includes(line) ? 127 : 1,
        out: '',
        err,
      });
    });
  }

  it('tells what failed as JSON too, where JSON was asked for', async () => {
    const { code, out, err } = await typed('thing', 'fail', '-output', 'json');
    assert.deepEqual([code, out, err], [1, '{"error":"it is broken"}\n', 'Error: it is broken\n']);
  });

  it('ends in peace when nobody reads any more', async () => {
    assert.deepEqual(await typed('thing', 'stop'), { code: 0, out: '', err: '' });
    const gone = {
      program: 'prog',
      out: () => {
        throw new ReaderGone();
      },
      err: () => assert.fail('nothing is wrong'),
      environment: {},
      readInput: async () => '',
    };
    for (const args of [['help'], ['version'], ['thing', 'show']])
      assert.equal(await runProgram(commands, args, gone), 0);
  });
});
