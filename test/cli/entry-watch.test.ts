/** `entry watch` against a real server. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { ReaderGone } from '../../shared/cli/command.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';

const program = { name: 'writ server', commands: serverCommands };
const wireId = (path: string) => ({ trust_domain: 'example.org', path });

async function world(t: TestContext) {
  const clock = new FakeClock();
  const server = await startServer(t, { datastore: new FakeDatastore(clock), clock });
  const { entry } = server.admin;
  const make = (id: string) =>
    entry.unary('BatchCreateEntry', {
      entries: [
        { id, spiffe_id: wireId(`/${id}`), parent_id: wireId('/n'), selectors: [{ type: 'a', value: 'b' }] },
      ],
    });
  /** Runs until so many lines are printed, and then has no reader. */
  const watch = (lines: number, flags: readonly string[], onFirst: () => void = () => {}) => {
    let printed = 0;
    return type(program, ['entry', 'watch', ...flags], {
      environment: { SPIRE_SERVER_PRIVATE_SOCKET: server.socketPath },
      onPrint: () => {
        printed += 1;
        if (printed === 1) onFirst();
        if (printed === lines) throw new ReaderGone();
      },
    });
  };
  return { server, entry, make, watch };
}

test('prints a line for each change, in JSON with the position, and goes on from one', async (t) => {
  const { entry, make, watch, server } = await world(t);
  const start = server.admin.changes.serverStream('WatchEntries', {});
  const from = (await start.next()).value?.position ?? assert.fail();
  await start.return?.(undefined);
  await make('web');
  await entry.unary('BatchUpdateEntry', { entries: [{ id: 'web', hint: 'h' }], input_mask: { hint: true } });
  await make('other');
  await entry.unary('BatchDeleteEntry', { ids: ['web'] });
  const filter = ['-from', from, '-spiffeID', 'spiffe://example.org/web'];
  const text = await watch(3, filter);
  assert.deepEqual(text, {
    code: 0,
    err: '',
    out:
      'created web spiffe://example.org/web below spiffe://example.org/n, revision 0\n' +
      'updated web spiffe://example.org/web below spiffe://example.org/n, revision 1\n' +
      'deleted web spiffe://example.org/web below spiffe://example.org/n, revision 1\n',
  });
  const json = await watch(2, [...filter, '-output', 'json']);
  const [first, second] = json.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual([first?.['kind'], first?.['position'], second?.['kind']], ['NOTHING', from, 'CREATED']);
  assert.match(String(second?.['position']), /^epoch-1\/\d+$/);
});

test('says where to go on when it ends', async (t) => {
  const { server, watch } = await world(t);
  const { code, err } = await watch(9, ['-output', 'json'], () => void server.stop());
  assert.equal(code, 1);
  assert.match(err, /^To go on from here: -from epoch-1\/\d+\nError: /);
});

test('a position that is not known is explained', async (t) => {
  const { watch } = await world(t);
  const { code, err } = await watch(9, ['-from', 'other/1']);
  assert.equal(code, 1);
  assert.match(
    err,
    /Error: what came after position other\/1 is not known any more: list the entries, and watch/,
  );
});
