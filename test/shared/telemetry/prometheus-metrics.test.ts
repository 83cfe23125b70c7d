import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { unavailable } from '../../../shared/errors.ts';
import { counting, measured, measuring } from '../../../shared/telemetry/metrics.ts';
import { type MetricsOptions, PrometheusMetrics } from '../../../shared/telemetry/prometheus-metrics.ts';

const metricsWith = (options: Partial<MetricsOptions> = {}): PrometheusMetrics =>
  new PrometheusMetrics({
    prefix: 'spire_server',
    labels: {},
    allowedPrefixes: [],
    blockedPrefixes: [],
    ...options,
  });

/** Lines of samples of this prefix. */
async function linesOf(metrics: PrometheusMetrics, start: string): Promise<readonly string[]> {
  const { body } = await metrics.text();
  return body.split('\n').filter((line) => line.startsWith(start));
}

describe('metrics', () => {
  it('have SPIRE’s names: no suffix, and quantiles of milliseconds', async () => {
    const metrics = metricsWith({ labels: { host: 'one' } });
    await measured(metrics, 'rpc.agent.v1.agent.attest_agent', async () => {});
    await assert.rejects(
      measured(metrics, 'rpc.agent.v1.agent.attest_agent', async () => {
        throw unavailable('database is away');
      }),
    );
    const name = 'spire_server_rpc_agent_v1_agent_attest_agent';
    assert.deepEqual(await linesOf(metrics, `${name}{`), [
      `${name}{status="OK",host="one"} 1`,
      `${name}{status="Unavailable",host="one"} 1`,
    ]);
    const times = await linesOf(metrics, `${name}_elapsed_time`);
    assert.ok(
      times.some((line) => line.startsWith(`${name}_elapsed_time{quantile="0.99",status="OK",host="one"}`)),
    );
    assert.ok(times.includes(`${name}_elapsed_time_count{status="OK",host="one"} 1`), times.join('\n'));
  });

  it('read gauges when somebody looks', async () => {
    const metrics = metricsWith();
    let size = 1;
    metrics.gauge('entry.entries_by_entryid_cache.count', () => size);
    size = 7;
    assert.deepEqual(await linesOf(metrics, 'spire_server_entry_entries_by_entryid_cache_count'), [
      'spire_server_entry_entries_by_entryid_cache_count 7',
    ]);
  });

  for (const [what, options, kept] of [
    ['all', {}, ['a.b', 'a.c', 'd']],
    ['those of an allowed prefix', { allowedPrefixes: ['spire_server.a'] }, ['a.b', 'a.c']],
    ['none of a blocked prefix', { blockedPrefixes: ['spire_server.a'] }, ['d']],
    [
      'by the longest prefix that fits',
      { allowedPrefixes: ['spire_server.a.b'], blockedPrefixes: ['spire_server.a'] },
      ['a.b'],
    ],
  ] as const)
    it(`keep ${what}`, async () => {
      const metrics = metricsWith(options);
      for (const key of ['a.b', 'a.c', 'd']) metrics.count(key);
      const found = (await linesOf(metrics, 'spire_server_')).map((line) => line.split(' ')[0]);
      assert.deepEqual(
        found,
        kept.map((key) => `spire_server_${key.replace('.', '_')}`),
      );
    });

  it('count the methods of an object that are named, and leave the object as it is', async () => {
    const metrics = metricsWith();
    class Store {
      #found = 3;
      async find(add: number): Promise<number> {
        return this.#found + add;
      }
      async list(): Promise<never> {
        throw unavailable('away');
      }
      get size(): number {
        return this.#found;
      }
    }
    const store = measuring(new Store(), metrics, { find: 'datastore.node.fetch' });
    const counted = counting(new Store(), metrics, { find: 'found', list: 'listed' });
    assert.equal(await store.find(1), 4);
    assert.equal(store.size, 3);
    await assert.rejects(store.list());
    assert.equal(await counted.find(2), 5);
    await assert.rejects(counted.list());
    assert.deepEqual(await linesOf(metrics, 'spire_server_datastore_node_fetch{'), [
      'spire_server_datastore_node_fetch{status="OK"} 1',
    ]);
    assert.deepEqual(await linesOf(metrics, 'spire_server_found'), ['spire_server_found 1']);
    assert.deepEqual(await linesOf(metrics, 'spire_server_listed'), []);
  });
});
