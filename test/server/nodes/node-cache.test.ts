import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeCache } from '../../../server/nodes/node-cache.ts';
import type { Node } from '../../../server/nodes/node.ts';
import { selectorKey } from '../../../shared/selectors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { id, makeNode, selectors } from '../entries/make-entry.ts';

const at = (n: number) => ({ epoch: 'e', n, tag: `tag-${n}` });
const put = (node: Node) => ({ kind: 'put', id: node.id.toString(), item: node }) as const;
const node = (path: string, ...texts: string[]): Node => makeNode(path, { selectors: selectors(...texts) });

function setUp() {
  const clock = new FakeClock();
  const told: string[] = [];
  const cache = new NodeCache({
    clock,
    onSelectors: (nodeId, found) => told.push(`${nodeId.path} ${found.map(selectorKey).join()}`),
  });
  const install = (nodes: readonly Node[], n: number): void => {
    const loading = cache.load();
    loading.add(nodes);
    loading.install(at(n));
  };
  return { clock, told, cache, install };
}

test('tells of new, changed and gone selectors, not of renewals', () => {
  const { cache, told } = setUp();
  cache.apply([put(node('/a', 't:1')), put(node('/b'))], at(2));
  cache.apply(
    [put({ ...node('/a', 't:1'), current: { serialNumber: '9', expiresAt: new Date('2027-01-01') } })],
    at(3),
  );
  assert.deepEqual(told.splice(0), ['/a t:1']);
  assert.equal(cache.find(id('/a'))?.current?.serialNumber, '9');
  cache.apply([put(node('/a', 't:1', 't:2'))], at(4));
  cache.apply([{ kind: 'delete', id: 'spiffe://td/a' }], at(5));
  assert.deepEqual(told, ['/a t:1,t:2', '/a ']);
  assert.equal(cache.find(id('/a')), undefined);
  assert.deepEqual(cache.position, at(5));
});

test('a reload replaces all nodes at once and tells of differences alone', () => {
  const { cache, told, install } = setUp();
  install([node('/a', 't:1'), node('/b', 't:1'), node('/c', 't:1')], 1);
  told.length = 0;
  const loading = cache.load();
  loading.add([node('/b', 't:1'), node('/c', 't:2'), node('/d', 't:1')]);
  assert.equal(cache.size, 3);
  assert.ok(cache.find(id('/a')));
  loading.install(at(2));
  assert.deepEqual(told, ['/c t:2', '/d t:1', '/a ']);
  assert.equal(cache.find(id('/a')), undefined);
});

test('ignores the selectors of banned and expired nodes', async () => {
  const { cache, clock, install } = setUp();
  install([node('/a', 't:1'), { ...node('/b', 't:1'), current: undefined }], 1);
  assert.deepEqual(cache.selectorsOf(id('/a')), selectors('t:1'));
  assert.deepEqual(cache.selectorsOf(id('/b')), []);
  assert.deepEqual(cache.selectorsOf(id('/unknown')), []);
  await clock.advance(3_600_000);
  assert.deepEqual(cache.selectorsOf(id('/a')), []);
});

test('tells of the selectors of a node that attests again after its certificate ended', async () => {
  const { cache, clock, told } = setUp();
  cache.apply([put(node('/a', 't:1'))], at(1));
  await clock.advance(3_600_000);
  told.length = 0;
  const again = { serialNumber: '2', expiresAt: new Date('2026-01-01T02:00:00Z') };
  cache.apply([put({ ...node('/a', 't:1'), current: again })], at(2));
  assert.deepEqual(told, ['/a t:1']);
});
