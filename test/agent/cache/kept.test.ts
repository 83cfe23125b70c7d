import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { addSeconds } from '../../../shared/clock.ts';
import { memoryDirectory } from '../../fakes/memory-directory.ts';
import { FakeAuthority } from '../../fakes/server-authority.ts';
import { KEPT_FOR, KeptTestbed, LIFE_SECONDS } from './kept-testbed.ts';
import { makeAgentEntry } from './make-agent-entry.ts';

const WEB = makeAgentEntry({ id: 'web', hint: 'h' });
const DB = makeAgentEntry({ id: 'db', selectors: ['unix:uid:2', 'unix:path:/a b'] });
const NOT_USED = 'what the last run kept is not used: it is removed';

test('what was kept is there again: entries, SVIDs, keys, bundle and position', async (t) => {
  const bed = await KeptTestbed.make(memoryDirectory(t));
  const svids = [await bed.svidFor(WEB), await bed.svidFor(DB)];
  const bare = makeAgentEntry({ id: 'bare', selectors: ['unix:uid:3'] });
  const path = await bed.keep(svids, [WEB, DB, bare]);
  assert.equal(statSync(path).mode & 0o777, 0o600);

  const { kept, cache, bundles, positions, log } = bed.start();
  assert.equal(kept.restore(), true);
  const held = cache.snapshot();
  assert.deepEqual(
    held.map(({ entry }) => entry),
    [WEB, DB, bare],
  );
  assert.deepEqual(
    held.map(({ svid }) => svid),
    [...svids, undefined],
  );
  assert.deepEqual(bundles.own, bed.bundle);
  assert.deepEqual(positions.applied, { epoch: 'e', n: 3 });
  assert.deepEqual(
    cache.wanted(10).map(({ id }) => id),
    ['bare'],
  );
  assert.deepEqual(log.messages('warn'), []);
});

test('an SVID of an older state of its entry is served, and wanted anew', async (t) => {
  const bed = await KeptTestbed.make(memoryDirectory(t));
  const changed = makeAgentEntry({ ...WEB, selectors: ['unix:uid:9'], path: '/renamed', revisionNumber: 1 });
  await bed.keep([await bed.svidFor(WEB)], [changed]);
  const { kept, cache } = bed.start();
  assert.equal(kept.restore(), true);
  assert.equal(cache.snapshot()[0]?.svid?.spiffeId.path, '/web');
  assert.deepEqual(
    cache.wanted(10).map(({ id }) => id),
    ['web'],
  );
});

test('SVIDs whose time is over are left out, the others serve', async (t) => {
  const bed = await KeptTestbed.make(memoryDirectory(t));
  const early = await bed.svidFor(WEB);
  await bed.clock.advance(60_000);
  await bed.keep([early, await bed.svidFor(DB)]);
  await bed.clock.advance((LIFE_SECONDS - 60) * 1_000);
  const { kept, cache } = bed.start();
  assert.equal(kept.restore(), true);
  assert.deepEqual(
    cache.snapshot().map(({ svid }) => svid?.spiffeId.path),
    ['/db', undefined],
  );
});

test('a change of any single byte is found', async (t) => {
  const bed = await KeptTestbed.make(memoryDirectory(t));
  const path = await bed.keep([await bed.svidFor(WEB)]);
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length; at += 97) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    writeFileSync(path, changed, { mode: 0o600 });
    assert.equal(bed.start().kept.restore(), false);
    assert.equal(existsSync(path), false);
  }
});

/** With a checksum that is right. */
function rewrite(path: string, edit: (lines: string[]) => void): void {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -2);
  edit(lines);
  const body = `${lines.join('\n')}\n`;
  writeFileSync(path, `${body}${hash('sha256', body, 'hex')}\n`);
}

interface Line {
  entry: Record<string, unknown>;
  svid: { chain: string[]; privateKey: string; isOutdated: boolean };
}

const editLine = (path: string, edit: (line: Line, other: Line) => void): void =>
  rewrite(path, (lines) => {
    const [line, other] = lines.slice(1).map((text) => JSON.parse(text) as Line);
    if (line === undefined || other === undefined) throw new Error('there are not two lines');
    edit(line, other);
    lines[1] = JSON.stringify(line);
  });

const editHead = (path: string, members: Readonly<Record<string, unknown>>): void =>
  rewrite(path, (lines) => {
    lines[0] = JSON.stringify({ ...JSON.parse(lines[0] ?? ''), ...members });
  });

interface Wrong {
  readonly name: string;
  readonly spoil: (path: string, bed: KeptTestbed) => void | Promise<void>;
  readonly why: RegExp;
  readonly isForRoot?: true;
}

const wrong: readonly Wrong[] = [
  { name: 'is empty', spoil: (path) => writeFileSync(path, ''), why: /checksum/ },
  {
    name: 'is cut short',
    spoil: (path) => writeFileSync(path, readFileSync(path).subarray(0, -100)),
    why: /checksum/,
  },
  { name: 'is of another format', spoil: (path) => editHead(path, { format: 'x' }), why: /another format/ },
  {
    name: "is another trust domain's",
    spoil: (path) => editHead(path, { trustDomain: 'other.org' }),
    why: /another trust domain/,
  },
  {
    name: "is another agent's",
    spoil: (path) => editHead(path, { agentId: 'spiffe://example.org/b' }),
    why: /kept for another agent/,
  },
  {
    name: 'is of another data_dir',
    spoil: (path) => editHead(path, { dataDir: '/elsewhere' }),
    why: /another data_dir/,
  },
  { name: 'has no bundle', spoil: (path) => editHead(path, { bundles: [] }), why: /lacks the bundle/ },
  {
    name: 'has a position that is none',
    spoil: (path) => editHead(path, { position: { epoch: 'e', n: -1 } }),
    why: /"n" is not/,
  },
  {
    name: 'has a line that is no JSON',
    spoil: (path) => rewrite(path, (lines) => void (lines[2] = '{')),
    why: /line 3: not JSON/,
  },
  {
    name: 'has an entry twice',
    spoil: (path) => rewrite(path, (lines) => void (lines[2] = lines[1] ?? '')),
    why: /twice/,
  },
  {
    name: 'has an entry without selectors',
    spoil: (path) => editLine(path, ({ entry }) => void (entry['selectors'] = [])),
    why: /no selectors/,
  },
  {
    name: 'has an entry without an id',
    spoil: (path) => editLine(path, ({ entry }) => delete entry['id']),
    why: /"id" is not a text/,
  },
  {
    name: "has another entry's key",
    spoil: (path) => editLine(path, ({ svid }, other) => void (svid.privateKey = other.svid.privateKey)),
    why: /another key than ours/,
  },
  {
    name: 'has a key that is none',
    spoil: (path) => editLine(path, ({ svid }) => void (svid.privateKey = 'AAAA')),
    why: /not valid PKCS#8/,
  },
  {
    name: "has another entry's SVID",
    spoil: (path) => editLine(path, (line, other) => void (line.svid = other.svid)),
    why: /in place of/,
  },
  {
    name: 'has an entry of another trust domain',
    spoil: (path) => editLine(path, ({ entry }) => void (entry['spiffeId'] = 'spiffe://other.org/web')),
    why: /in place of/,
  },
  {
    name: 'has a chain that is none',
    spoil: (path) => editLine(path, ({ svid }) => void (svid.chain = ['AAAA'])),
    why: /entry "web": /,
  },
  {
    name: 'has an SVID that its bundle does not vouch for',
    spoil: async (path, bed) => {
      const now = bed.clock.now();
      const other = await FakeAuthority.make('example.org', addSeconds(now, -60), addSeconds(now, 86_400));
      const svid = await bed.svidFor(WEB, other);
      const chain = svid.chain.map((der) => Buffer.from(der).toString('base64'));
      const privateKey = Buffer.from(svid.privateKey).toString('base64');
      editLine(path, (line) => void (line.svid = { chain, privateKey, isOutdated: false }));
    },
    why: /cannot be verified/,
  },
  {
    name: 'holds nothing but expired SVIDs',
    spoil: (_path, bed) => bed.clock.advance(LIFE_SECONDS * 1_000),
    why: /no SVID in it is valid now/,
  },
  { name: 'can be read by others', spoil: (path) => chmodSync(path, 0o640), why: /others than its owner/ },
  {
    name: "is another user's",
    spoil: (path) => chownSync(path, 12_345, 12_345),
    why: /belongs to user 12345/,
    isForRoot: true,
  },
  { name: 'has a second name', spoil: (path) => linkSync(path, `${path}-link`), why: /second name/ },
  {
    name: 'is a link',
    spoil: (path) => {
      renameSync(path, `${path}-moved`);
      symlinkSync(`${path}-moved`, path);
    },
    why: /cannot be opened: ELOOP/,
  },
];

for (const { name, spoil, why, isForRoot } of wrong) {
  const skip = isForRoot === true && process.geteuid?.() !== 0 ? 'only root can give a file away' : false;
  test(`a kept file that ${name} is not used, and removed with a word`, { skip }, async (t) => {
    const bed = await KeptTestbed.make(memoryDirectory(t));
    const path = await bed.keep([await bed.svidFor(WEB), await bed.svidFor(DB)]);
    await spoil(path, bed);
    const { kept, cache, log } = bed.start();
    assert.equal(kept.restore(), false);
    assert.deepEqual(cache.snapshot(), []);
    assert.equal(existsSync(path), false);
    const said = log.lines.filter(({ message }) => message === NOT_USED);
    assert.match(String(said[0]?.fields['why']), why);
    assert.throws(() => cache.subscribe([], () => {}), /not synchronised/);
  });
}

test('a directory in its place is left alone, and nothing is kept', async (t) => {
  const bed = await KeptTestbed.make(memoryDirectory(t));
  const { kept, log, path } = bed.start();
  mkdirSync(path);
  assert.equal(kept.restore(), false);
  assert.ok(log.messages('error').includes('what was kept cannot be removed'));
});

test('changes that come together are written once, and nothing after a wipe until it is over', async (t) => {
  const bed = await KeptTestbed.make(memoryDirectory(t));
  const { kept, cache, path } = bed.start();
  const abort = new AbortController();
  const running = kept.run(abort.signal);
  const inode = (): number => statSync(path).ino;
  cache.apply([WEB]);
  cache.syncSucceeded(bed.clock.now());
  await bed.clock.advance(1);
  const first = inode();
  for (const entry of [WEB, DB]) cache.putSvids([await bed.svidFor(entry)]);
  await bed.clock.advance(200);
  assert.equal(inode(), first);
  await bed.clock.advance(100);
  assert.notEqual(inode(), first);
  kept.wipe();
  assert.equal(existsSync(path), false);
  cache.putSvids([await bed.svidFor(WEB)]);
  await bed.clock.advance(5_000);
  assert.equal(existsSync(path), false);
  kept.resume();
  cache.putSvids([await bed.svidFor(WEB)]);
  await bed.clock.advance(5_000);
  assert.equal(existsSync(path), true);
  abort.abort();
  await running;
  assert.equal(bed.clock.sleeping, 0);
});

test('an agent of another name does not use it, though it has the same data_dir', async (t) => {
  const bed = await KeptTestbed.make(memoryDirectory(t));
  await bed.keep([await bed.svidFor(WEB)]);
  assert.equal(bed.start({ ...KEPT_FOR, agentId: 'spiffe://example.org/new' }).kept.restore(), false);
});
