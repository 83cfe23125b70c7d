/** SPIRE's own command line for agents, at our agent: what it prints of it is what ours prints. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { eventually } from '../program.ts';
import { System, WRIT } from '../system.ts';
import { provideSpire } from './programs.ts';

interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let system: System;
let genuine: string;
let entry: string;
const ID = 'spiffe://example.org/cli';
const registration = { spiffeId: ID, selectors: [`unix:uid:${process.geteuid?.()}`], hint: 'mine' };

before(async () => {
  genuine = provideSpire().agent;
  system = await System.start();
  entry = await system.register(registration);
  await eventually('an identity', async () => ((await theirs('api', 'fetch')).code === 0 ? true : undefined));
});
after(() => system?.stop());

const plain = (command: string, words: readonly string[]): Promise<Printed> =>
  new Promise((resolve) => {
    execFile(command, [...words], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
const run = (command: string, words: readonly string[]): Promise<Printed> =>
  plain(command, [...words, '-socketPath', system.files.agentSocket]);
const help = (command: string, words: readonly string[]): Promise<Printed> =>
  plain(command, [...words, '-h']);
const theirs = (...words: readonly string[]): Promise<Printed> => run(genuine, words);
const ours = (...words: readonly string[]): Promise<Printed> => run(WRIT, ['agent', ...words]);

const tokenIn = (out: string): string => /^token\(.*\):\n\t(\S+)$/m.exec(out)?.[1] ?? assert.fail(out);
/** protojson puts spaces where it likes; how long a call took differs. */
const steady = (out: string): string =>
  out
    .replace(
      /(Claims {4}: )(\{.*\})/,
      (_, label: string, json: string) => label + JSON.stringify(JSON.parse(json)),
    )
    .replace(/after [\d.]+(?:µs|ms|s)/, 'after TOOK');

for (const words of [
  ['api', 'fetch', 'x509'],
  ['api', 'fetch', 'jwt', '-audience', 'one,two'],
  ['api', 'fetch', 'jwt', '-audience', 'one', '-spiffeID', ID],
  ['api', 'fetch', 'jwt', '-audience', 'one', '-output', 'json'],
  ['api', 'fetch', 'jwt', '-audience', 'one', '-format', 'json'],
])
  test(`${words.join(' ')} prints the same`, async () => {
    const [a, b] = [await theirs(...words), await ours(...words)];
    assert.deepEqual([a.code, a.err, b.err], [0, '', '']);
    assert.equal(steady(b.out), steady(a.out));
  });

test('api validate jwt prints the same, in text and JSON', async () => {
  const token = tokenIn((await ours('api', 'fetch', 'jwt', '-audience', 'one')).out);
  const words = ['api', 'validate', 'jwt', '-audience', 'one', '-svid', token];
  for (const more of [[], ['-output', 'json']]) {
    const [a, b] = [await theirs(...words, ...more), await ours(...words, ...more)];
    assert.deepEqual([a.code, a.err, b.err], [0, '', '']);
    assert.equal(steady(b.out), steady(a.out));
  }
});

test('what fails fails with both, and says why', async () => {
  const token = tokenIn((await ours('api', 'fetch', 'jwt', '-audience', 'one')).out);
  for (const [words, why] of [
    [['api', 'fetch', 'jwt'], /audience must be specified/],
    [
      ['api', 'fetch', 'jwt', '-audience', 'a', '-spiffeID', 'spiffe://example.org/other'],
      /no identity issued/,
    ],
    [['api', 'fetch', 'jwt', '-audience', 'a', '-spiffeID', 'nonsense'], /scheme is missing or invalid/],
    [['api', 'validate', 'jwt', '-audience', 'other', '-svid', token], /SVID is not valid: /],
    [['api', 'validate', 'jwt', '-audience', 'one'], /svid must be specified/],
  ] as const) {
    for (const { code, out, err } of [await theirs(...words), await ours(...words)]) {
      assert.deepEqual([code, out], [1, ''], err);
      assert.match(err, why);
    }
  }
});

for (const words of [
  ['run'],
  ['validate'],
  ['healthcheck'],
  ['api', 'fetch', 'x509'],
  ['api', 'fetch', 'jwt'],
  ['api', 'validate', 'jwt'],
  ['api', 'watch'],
])
  test(`${words.join(' ')} has every flag of SPIRE's`, async () => {
    const flags = ({ out, err }: Printed): readonly string[] =>
      [...`${out}${err}`.matchAll(/^ +-([A-Za-z]+)/gm)].map(([, name = '']) => name);
    const [a, b] = [await help(genuine, words), await help(WRIT, ['agent', ...words])];
    assert.ok(flags(a).length > 0);
    assert.deepEqual(
      flags(a).filter((name) => !flags(b).includes(name)),
      [],
    );
  });

test('healthcheck is told alike, of an agent that is well, of none, and with more words', async () => {
  const nobody = ['healthcheck', '-socketPath', '/nowhere.sock'];
  for (const [command, before] of [
    [genuine, []],
    [WRIT, ['agent']],
  ] as const) {
    const at = [...before, 'healthcheck', '-socketPath', system.files.agentSocket];
    const well = await plain(command, at);
    assert.deepEqual([well.code, well.out], [0, 'Agent is healthy.\n']);
    const told = await plain(command, [...at, '-verbose', '-shallow']);
    assert.deepEqual([told.code, told.out], [0, 'Checking agent health...\nAgent is healthy.\n']);
    const { code, out, err } = await plain(command, [...before, ...nobody]);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^Agent is unhealthy: /);
  }
});

test('a lost identity is told alike', async () => {
  await system.admin.deleteEntry(entry);
  await eventually('the loss', async () => ((await theirs('api', 'fetch')).code === 1 ? true : undefined));
  for (const { err } of [
    await theirs('api', 'fetch', 'jwt', '-audience', 'a'),
    await ours('api', 'fetch', 'jwt', '-audience', 'a'),
  ])
    assert.match(err, /no identity issued/);
});
