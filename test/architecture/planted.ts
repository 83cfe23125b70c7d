/** Breaches of each rule, planted to see that the rule finds them; and what comes close and is fine. */

export interface Planted {
  /** The rule's name. */
  readonly breaks: string;
  readonly files: Readonly<Record<string, string>>;
  /** Where the rule points. */
  readonly at?: string;
  readonly isFine?: true;
}

const from = (target: string): string => `import { a } from '${target}';`;
const lines = (count: number): string => 'a;\n'.repeat(count);

const imports: readonly Planted[] = [
  ...(
    [
      ['server/ca/x.ts', '../datastore/entries.ts'],
      ['server/ca/x.ts', '../api/agent/attest-agent.ts'],
      ['server/ca/x.ts', '../../proto/gen/Entry.ts'],
      ['server/api/x.ts', '../datastore/entries.ts'],
      ['server/datastore/x.ts', '../listen/local.ts'],
      ['server/cli/x.ts', '../entries/entry.ts'],
      ['server/config/x.ts', '../ca/x509-ca.ts'],
      ['server/main.ts', './server.ts'],
      ['agent/sync/x.ts', '../server-link/connection.ts'],
      ['agent/workload-api/x.ts', '../attest-workload/unix.ts'],
      ['shared/errors.ts', './rpc/status.ts'],
      ['shared/crypto/x.ts', '../svid/x509-svid.ts'],
      ['shared/svid/x.ts', '../rpc/client.ts'],
      ['shared/rpc/x.ts', '../client/index.ts'],
      ['shared/log/x.ts', '../../server/config.ts'],
      ['shared/client/x.ts', '../../test/fakes/clock.ts'],
      ['deploy/up/x.ts', '../../server/server.ts'],
    ] as const
  ).map(([path, target]) => ({
    breaks: 'each room sees only the rooms below it',
    files: { [path]: from(target) },
    at: `${path}:1`,
  })),
  {
    breaks: 'each room sees only the rooms below it',
    files: { 'agent/key-manager/registry.ts': "import type { A } from '../config/plugins.ts';" },
    isFine: true,
  },
  {
    breaks: 'each room sees only the rooms below it',
    files: { 'agent/key-manager/registry.ts': from('../config/plugins.ts') },
    at: 'agent/key-manager/registry.ts:1',
  },
  {
    breaks: 'each room sees only the rooms below it',
    files: { 'server/server.ts': `${from('./datastore/open.ts')}\n${from('./api/routes.ts')}` },
    isFine: true,
  },
  {
    breaks: 'server and agent never import each other',
    files: { 'agent/sync/x.ts': `\n${from('../../server/entries/entry.ts')}` },
    at: 'agent/sync/x.ts:2',
  },
  {
    breaks: 'edges do not see each other',
    files: { 'server/key-manager/disk.ts': from('../datastore/database.ts') },
    at: 'server/key-manager/disk.ts:1',
  },
  {
    breaks: 'edges do not see each other',
    files: { 'server/datastore/entries.ts': from('./database.ts') },
    isFine: true,
  },
  {
    breaks: 'secrets and identity are strangers',
    files: { 'server/secrets/auth/spiffe.ts': from('../../ca/x509-ca.ts') },
    at: 'server/secrets/auth/spiffe.ts:1',
  },
  {
    breaks: 'secrets and identity are strangers',
    files: { 'server/server.ts': from('./secrets/secrets.ts') },
    at: 'server/server.ts:1',
  },
  {
    breaks: 'every import of ours names its file',
    files: { 'shared/x.ts': from('./errors') },
    at: 'shared/x.ts:1',
  },
  {
    breaks: 'packages stay in their corner',
    files: { 'server/ca/x.ts': from('pg') },
    at: 'server/ca/x.ts:1',
  },
  {
    breaks: 'packages stay in their corner',
    files: { 'server/ca/x.ts': from('left-pad') },
    at: 'server/ca/x.ts:1',
  },
  { breaks: 'packages stay in their corner', files: { 'server/datastore/x.ts': from('pg') }, isFine: true },
  { breaks: 'built-in modules are named node:', files: { 'shared/x.ts': from('fs') }, at: 'shared/x.ts:1' },
  {
    breaks: 'built-in modules are named node:',
    files: { 'agent/sync/x.ts': from('node:child_process') },
    at: 'agent/sync/x.ts:1',
  },
  {
    breaks: 'no cycles',
    files: {
      'shared/a.ts': from('./b.ts'),
      'shared/b.ts': `// first\n${from('./c.ts')}`,
      'shared/c.ts': "import type { A } from './a.ts';",
    },
    at: 'shared/c.ts:1',
  },
  {
    breaks: 'no cycles',
    files: {
      'shared/a.ts': `${from('./b.ts')}\n${from('./c.ts')}`,
      'shared/b.ts': from('./c.ts'),
      'shared/c.ts': '',
    },
    isFine: true,
  },
];

const calls: readonly Planted[] = [
  ...[
    'Date.now()',
    'new Date()',
    'performance.now()',
    'setTimeout(a, 1)',
    'setInterval(a, 1)',
    'Math.random()',
    'randomBytes(16)',
    'process.env["A"]',
    'process.exit(1)',
    'process.argv[2]',
    'console.log(a)',
    'process.stdout.write(a)',
    'eval(a)',
    'connect({ rejectUnauthorized: false })',
  ].map((call) => ({
    breaks: 'time, chance, environment and output each have one door',
    files: { 'server/ca/x.ts': `a;\nb(${call});` },
    at: 'server/ca/x.ts:2',
  })),
  {
    breaks: 'time, chance, environment and output each have one door',
    files: {
      'shared/clock.ts': 'new Date();',
      'server/ca/x.ts': "new Date(0); // Date.now()\nconst a = 'process.env'; clock.now();",
      'test/x.test.ts': 'Math.random();',
    },
    isFine: true,
  },
  ...[
    "'select a from b where c = 1'",
    '`insert into b values (1)`',
    '"update b set c = 1"',
    "'delete from b'",
    '`create table b (c int)`',
  ].map((text) => ({
    breaks: 'SQL is in server/datastore',
    files: { 'server/entries/x.ts': `const sql = ${text};` },
    at: 'server/entries/x.ts:1',
  })),
  {
    breaks: 'SQL is in server/datastore',
    files: {
      'server/datastore/x.ts': "'select a from b '",
      'server/ca/x.ts': '// select a from b \nselect.from(b);',
    },
    isFine: true,
  },
];

const shapes: readonly Planted[] = [
  { breaks: 'a file has at most 300 lines', files: { 'shared/x.ts': lines(301) }, at: 'shared/x.ts:301' },
  { breaks: 'a file has at most 300 lines', files: { 'shared/x.ts': lines(300) }, isFine: true },
  {
    breaks: 'a function has at most 50 lines',
    files: { 'shared/x.ts': `const a = (b: string): void => {\n${lines(49)}};` },
    at: 'shared/x.ts:1',
  },
  {
    breaks: 'a function has at most 50 lines',
    files: { 'test/x.test.ts': `describe('b', () => {\n  test('c', () => {});\n${lines(90)}});` },
    isFine: true,
  },
  {
    breaks: 'an interface has at most 8 methods',
    files: { 'shared/x.ts': `interface A {\n${'  b(c: string): void;\n'.repeat(9)}}` },
    at: 'shared/x.ts:1',
  },
  {
    breaks: 'an interface has at most 8 methods',
    files: { 'shared/x.ts': `interface A {\n${'  b: string;\n'.repeat(20)}${'  c(): void;\n'.repeat(8)}}` },
    isFine: true,
  },
  ...['shared/util.ts', 'server/common/x.ts', 'server/entry-manager.ts', 'shared/entry-helpers.ts'].map(
    (path) => ({
      breaks: 'names say the thing',
      files: { [path]: '' },
      at: `${path}:1`,
    }),
  ),
  {
    breaks: 'names say the thing',
    files: { 'server/key-manager/key-manager.ts': '', 'server/datastore/managed/data-directory.ts': '' },
    isFine: true,
  },
  {
    breaks: 'files and folders are kebab-case',
    files: { 'shared/spiffeId.ts': '' },
    at: 'shared/spiffeId.ts:1',
  },
  { breaks: 'no default exports', files: { 'shared/x.ts': '\nexport default 1;' }, at: 'shared/x.ts:2' },
  { breaks: 'no default exports', files: { 'shared/x.ts': 'export { a as default };' }, at: 'shared/x.ts:1' },
  {
    breaks: 'no barrels but the published ones',
    files: { 'shared/x.ts': "export * from './y.ts';" },
    at: 'shared/x.ts:1',
  },
  { breaks: 'no barrels but the published ones', files: { 'shared/index.ts': '' }, at: 'shared/index.ts:1' },
  {
    breaks: 'no barrels but the published ones',
    files: { 'shared/client/index.ts': "export { a } from './y.ts';" },
    isFine: true,
  },
  {
    breaks: 'nothing is left for later',
    files: { 'shared/x.ts': `// ${'TO'}${'DO'}: the rest` },
    at: 'shared/x.ts:1',
  },
  { breaks: 'tests are in test/', files: { 'shared/x.test.ts': '' }, at: 'shared/x.test.ts:1' },
  {
    breaks: 'a test lies where its subject lies',
    files: { 'test/server/gone/x.test.ts': '', 'server/ca/x.ts': '' },
    at: 'test/server/gone/x.test.ts:1',
  },
  { breaks: 'each file says what it is', files: { 'shared/x.ts': 'const a = 1;' }, at: 'shared/x.ts:1' },
  {
    breaks: 'each file says what it is',
    files: { 'shared/x.ts': '/** An x. */\nconst a = 1;' },
    isFine: true,
  },
];

const parts: readonly Planted[] = [
  {
    breaks: 'a folder of parts holds its interface and its registry',
    files: { 'server/key-manager/disk.ts': '', 'server/key-manager/key-manager.ts': '' },
    at: 'server/key-manager/registry.ts:1',
  },
  {
    breaks: 'a folder of parts holds its interface and its registry',
    files: { 'server/new-parts/registry.ts': '' },
    at: 'server/new-parts/registry.ts:1',
  },
  {
    breaks: 'registries are opened by the roots alone',
    files: { 'server/ca/x.ts': from('../key-manager/registry.ts') },
    at: 'server/ca/x.ts:1',
  },
  {
    breaks: 'registries are opened by the roots alone',
    files: { 'server/server.ts': from('./key-manager/registry.ts') },
    isFine: true,
  },
  {
    breaks: 'parts do not import their siblings',
    files: {
      'server/key-manager/registry.ts': `${from('./disk.ts')}\n${from('./memory.ts')}`,
      'server/key-manager/disk.ts': `${from('./key-manager.ts')}\n${from('./memory.ts')}`,
      'server/key-manager/memory.ts': from('./key-manager.ts'),
    },
    at: 'server/key-manager/disk.ts:2',
  },
];

export const breaches: readonly Planted[] = [...imports, ...calls, ...shapes, ...parts];
