import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../../../shared/cli/command.ts';
import { type Flag, kebab } from '../../../shared/cli/flag.ts';
import { parseArguments } from '../../../shared/cli/parse.ts';

const flags: readonly Flag[] = [
  { name: 'spiffeID', kind: 'text', doc: '' },
  { name: 'selector', kind: 'list', doc: '' },
  { name: 'admin', kind: 'boolean', doc: '' },
  { name: 'x509SVIDTTL', kind: 'number', doc: '', otherwise: '0' },
];
const load = async () => async () => 0;
const commands: readonly Command[] = [
  { words: ['entry', 'create'], summary: '', flags, load },
  { words: ['api', 'fetch'], summary: '', flags: [], load },
  { words: ['api', 'fetch', 'x509'], summary: '', flags: [], load },
];
function parse(...args: string[]) {
  const asked = parseArguments(commands, args);
  assert(asked.kind === 'run');
  return asked;
}

describe('the command line', () => {
  for (const [name, wanted] of [
    ['spiffeID', 'spiffe-id'],
    ['x509SVIDTTL', 'x509-svid-ttl'],
    ['jwtSVIDTTL', 'jwt-svid-ttl'],
    ['entryID', 'entry-id'],
    ['disableX509SVIDPrefetch', 'disable-x509-svid-prefetch'],
    ['jwtSVIDIncludeJTI', 'jwt-svid-include-jti'],
    ['matchFederatesWithOn', 'match-federates-with-on'],
    ['storeSVID', 'store-svid'],
  ] as const) {
    it(`spells -${name} also --${wanted}`, () => assert.equal(kebab(name), wanted));
  }

  for (const spelling of [
    ['-spiffeID', 'x'],
    ['--spiffeID', 'x'],
    ['--spiffe-id', 'x'],
    ['-spiffeID=x'],
    ['--spiffe-id=x'],
  ]) {
    it(`takes ${spelling.join(' ')}`, () => {
      assert.equal(parse('entry', 'create', ...spelling).flags.text('spiffeID'), 'x');
    });
  }

  it('gathers repeated flags in order and takes a value that begins with a dash', () => {
    const { flags: given } = parse('entry', 'create', '-selector', 'a:b', '-selector', '-c:d');
    assert.deepEqual(given.list('selector'), ['a:b', '-c:d']);
  });

  it('takes booleans bare or with a truth', () => {
    assert.equal(parse('entry', 'create', '-admin').flags.is('admin'), true);
    assert.equal(parse('entry', 'create', '-admin=false').flags.is('admin'), false);
    assert.equal(parse('entry', 'create').flags.is('admin'), false);
  });

  it('finds the longest command', () => {
    assert.deepEqual(parse('api', 'fetch', 'x509').command.words, ['api', 'fetch', 'x509']);
    assert.deepEqual(parse('api', 'fetch').command.words, ['api', 'fetch']);
  });

  for (const [args, message] of [
    [[], 'a command is missing'],
    [['entry', 'craete'], '"entry craete" is not a command; did you mean "entry create"?'],
    [
      ['entry', 'create', '-spifeID', 'x'],
      '-spifeID is not a flag of "entry create"; did you mean -spiffeID?',
    ],
    [['entry', 'create', '-spiffeID'], '-spiffeID needs a value'],
    [['entry', 'create', 'stray'], '"entry create stray" is not a command'],
    [['entry', 'create', '-admin=perhaps'], '-admin is true or false, not "perhaps"'],
  ] as const) {
    it(`says of "${args.join(' ')}": ${message}`, () => {
      assert.throws(() => parse(...args), { message });
    });
  }

  it('refuses a number that is none', () => {
    const { flags: given } = parse('entry', 'create', '-x509SVIDTTL', '-5');
    assert.throws(() => given.number('x509SVIDTTL'), {
      message: '-x509SVIDTTL takes a whole number, not "-5"',
    });
    assert.equal(parse('entry', 'create').flags.number('x509SVIDTTL'), 0);
  });
});
