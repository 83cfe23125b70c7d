/** `entry explain` against a real server, whose agents are rows of its store. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import type { NewEntry } from '../../server/entries/entry.ts';
import { systemClock } from '../../shared/clock.ts';
import { createOne, id, newEntry, newNode, selectors } from '../contracts/samples.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { Endings } from '../fakes/endings.ts';
import { type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { ServiceClient } from '../../shared/rpc/client.ts';
import type { ExplainEntryDefinition } from '../../proto/gen/writ/explain/v1/ExplainEntry.ts';
import { unixChannel } from '../../shared/rpc/channel.ts';
import { runScript } from './script.ts';

const program = { name: 'spire-server', commands: serverCommands };
const LATER = { serialNumber: '1', expiresAt: new Date('2199-01-01T00:00:00Z') };

describe('entry explain', () => {
  const endings = new Endings();
  const store = new FakeDatastore(systemClock);
  let server: RunningServer;

  before(async () => {
    server = await startServer(endings, { datastore: store });
    const has = (...texts: string[]) => ({ current: LATER, selectors: selectors(...texts) });
    await store.nodes.attest(newNode('a', has('x509pop:zone:1', 'x509pop:rack:7')), undefined);
    await store.nodes.attest(newNode('b', has('x509pop:zone:1', 'x509pop:rack:8')), undefined);
    await store.nodes.attest(newNode('c', has('x509pop:zone:2', 'x509pop:rack:8')), undefined);
    await store.nodes.attest(newNode('old', { current: { ...LATER, expiresAt: new Date(0) } }), undefined);
    await store.nodes.attest(newNode('zz', has('x509pop:zone:1', 'x509pop:rack:7')), undefined);
    await store.nodes.remove(newNode('zz').id, 'ban');
  });
  after(() => endings.end());

  const script = (text: string): Promise<void> =>
    runScript({ program, directory: server.config.dataDir }, text);
  const create = (name: string, fields: Partial<NewEntry>) =>
    createOne(store.entries, newEntry(name, { id: name, ...fields }));
  const socket = '-socketPath DIR/private/api.sock';

  it('says through which alias agents are authorized, and what others lack', async () => {
    await create('rack7', {
      parentId: id('/spire/server'),
      spiffeId: id('/racks/7'),
      selectors: selectors('x509pop:zone:1', 'x509pop:rack:7'),
    });
    await create('web', { parentId: id('/racks/7') });
    await script(`
$ entry explain ${socket} -entryID web
Entry ID                : web
SPIFFE ID               : spiffe://example.org/web
Parent ID               : spiffe://example.org/racks/7
Revision                : 0
X509-SVID TTL           : default
JWT-SVID TTL            : default
Selector                : unix:user:web

Its parent is:
  the node alias of entry rack7

1 agent is authorized for it:
  spiffe://example.org/spire/agent/test/a

4 agents are not:
  spiffe://example.org/spire/agent/test/b: it lacks selectors of the node alias rack7
    lacks x509pop:rack:7
  spiffe://example.org/spire/agent/test/c: it lacks selectors of the node alias rack7
    lacks x509pop:rack:7
    lacks x509pop:zone:1
  spiffe://example.org/spire/agent/test/old: its SVID expired at 1970-01-01T00:00:00.000Z
  spiffe://example.org/spire/agent/test/zz: it is banned`);
  });

  /** What follows the entry, up to the agents that are not. */
  const explained = async (name: string) => {
    const channel = unixChannel(server.socketPath);
    try {
      const client = new ServiceClient<ExplainEntryDefinition>('writ.explain.v1.ExplainEntry', channel);
      const { agents, ...rest } = await client.unary('ExplainEntry', { entry_id: name });
      const obstacles = Object.fromEntries(
        agents.map(({ spiffe_id, obstacle }) => [spiffe_id.split('/').at(-1) ?? '', obstacle]),
      );
      return { ...rest, obstacles };
    } finally {
      channel.close();
    }
  };

  it('names a parent that is nothing, and one that is an agent that is gone or banned', async () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['/spire/agent/test/a', /^an attested agent$/],
      ['/spire/agent/test/zz', /^an attested agent, but it is banned$/],
      ['/spire/agent/test/old', /^an attested agent, but its SVID expired at 1970/],
      [
        '/spire/agent/test/aa',
        /^no attested agent, and no entry bears it: was the agent evicted, or the ID mistyped\?$/,
      ],
      [
        '/rack/7',
        /^no attested agent, no node alias, and no entry bears it: nobody will ever get this SVID$/,
      ],
      ['/web', /^the SPIFFE ID of entry web$/],
      ['/spire/server', /^the server: the entry is a node alias$/],
    ];
    for (const [at, [parent, telling]] of cases.entries()) {
      await create(`p${at}`, { parentId: id(parent) });
      assert.match((await explained(`p${at}`)).parents.join('\n'), telling, parent);
    }
    assert.equal((await explained('p0')).obstacles['a'], '');
    assert.equal(
      (await explained('p0')).obstacles['b'],
      'it is not the parent, and no node alias leads to the parent',
    );
    assert.deepEqual((await explained('p5')).obstacles['a'], '', 'below the entry web');
  });

  it('explains a node alias by the nodes that satisfy it', async () => {
    const { obstacles, agents_authorized: count } = await explained('rack7');
    assert.equal(count, 1);
    assert.equal(obstacles['a'], '');
    assert.match(obstacles['b'] ?? '', /lacks selectors/);
  });

  it('says that an entry has expired, and which of its selectors nothing ever has', async () => {
    const [expiresAt, parentId] = [new Date(5_000), id('/spire/agent/test/a')];
    await create('late', { parentId, expiresAt, selectors: selectors('unx:uid:1', 'unix:uuid:2') });
    const { faults, obstacles } = await explained('late');
    assert.deepEqual(faults, [
      'the entry expired at 1970-01-01T00:00:05.000Z',
      'selector "unix:uuid:2": "unix:uuid" is never found; did you mean "unix:uid"?',
      'selector "unx:uid:1": "unx" is no selector type; did you mean "unix"?',
    ]);
    assert.equal(obstacles['a'], 'the entry has expired');
    await script(`
$ entry explain ${socket}
! Error: an entry ID is required
? 1
$ entry explain ${socket} -entryID none
! Error: entry not found
? 1`);
  });
});
