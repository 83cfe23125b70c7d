/** A whole agent whose metrics are read, in the open and over TLS. */
import assert from 'node:assert/strict';
import { request as requestHttp } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { test } from 'node:test';
import type { WorkloadAttestor } from '../../../agent/attest-workload/workload-attestor.ts';
import type { AgentConfig } from '../../../agent/config.ts';
import { countingAttestor } from '../../../agent/start/metrics.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { NO_TELEMETRY, type PrometheusConfig } from '../../../shared/config/telemetry.ts';
import { noMetrics } from '../../../shared/telemetry/metrics.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import type { Ending } from '../../fakes/database.ts';
import type { FlowAgent } from '../../fakes/flow-agent.ts';
import { FakePeer } from '../../fakes/peer.ts';
import { idOf, Testbed } from '../../fakes/testbed.ts';
import { HEADER } from '../workload-api/door.ts';

const OTHER = 'k8s:ns:other';
const USER = `unix:uid:${process.getuid?.()}`;

interface Started {
  readonly bed: Testbed;
  readonly agent: FlowAgent;
}

/** With an entry for /web, which is this process, and one for /other, which is nobody. */
async function start(t: Ending, prometheus: Partial<PrometheusConfig> = {}): Promise<Started> {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a');
  const telemetry: AgentConfig['telemetry'] = {
    ...NO_TELEMETRY,
    hasHostnameLabel: false,
    prometheus: { ...NO_TELEMETRY.prometheus, host: '127.0.0.1', port: 0, ...prometheus },
  };
  const agent = await bed.startAgent('agent', { server, opensDoor: true, config: { telemetry } });
  const parent = agent.path;
  await bed.createEntry(server, { path: '/web', parent, selectors: [USER] });
  await bed.createEntry(server, { path: '/other', parent, selectors: [OTHER] });
  const held = agent.watch(USER);
  const others = agent.watch(OTHER);
  await bed.passUntil(() => held.paths()?.length === 1 && others.paths()?.length === 1, 10);
  return { bed, agent };
}

const portOf = ({ log }: FlowAgent): number =>
  Number(log.lines.find(({ message }) => message === 'serving metrics')?.fields['port']);

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

function read(agent: FlowAgent, tls?: RequestOptions): Promise<Answer> {
  const target = { host: '127.0.0.1', port: portOf(agent), path: '/metrics', agent: false as const, ...tls };
  const request = tls === undefined ? requestHttp : requestHttps;
  return new Promise((resolve, reject) => {
    const sent = request(target, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('an attestor that is counted is asked as it was, and waited for as long', async () => {
  const notes: string[] = [];
  const attestor: WorkloadAttestor = {
    name: 'k8s',
    timeoutMs: 90_000,
    attest: async (_peer, _signal, note = () => {}) => {
      note('asked');
      return [];
    },
  };
  const counting = countingAttestor(attestor, noMetrics);
  await counting.attest(new FakePeer(), new AbortController().signal, (note) => notes.push(note));
  assert.deepEqual([counting.name, counting.timeoutMs, notes], ['k8s', 90_000, ['asked']]);
});

test('metrics of an agent have the names that SPIRE gives them', async (t) => {
  const { agent } = await start(t);
  const hangUp = new AbortController();
  const stream = agent.workloadApi().serverStream('FetchX509SVID', {}, { ...HEADER, signal: hangUp.signal });
  await stream.next();
  const { status, body } = await read(agent);
  assert.equal(status, 200);
  const lines = body.split('\n');
  const valueOf = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`spire_agent_${name} `))?.split(' ')[1];
  for (const [name, value] of Object.entries({
    workload_api_connections: '1',
    workload_api_connection: '1',
    sds_api_connections: '0',
    delegated_identity_api_connections: '0',
    lru_cache_record_map_size: '2',
    'lru_cache_svid_map_size{svid_type="x509"}': '2',
    jwt_svid_cache_size: '0',
    sync_bundles_total: '1',
    sync_entries_total: '2',
    'node_attestor_new_svid{status="OK"}': '1',
    'workload_api_workload_attestation{status="OK"}': '1',
    'workload_api_workload_attestor{attestor="unix",status="OK"}': '1',
    workload_api_discovered_selectors_count: '1',
    'agent_key_manager_generate_key{status="OK"}': '1',
  }))
    assert.equal(valueOf(name), value, name);
  for (const name of [
    'manager_sync_fetch_entries_updates{status="OK"}',
    'manager_sync_fetch_entries_updates_elapsed_time_count{status="OK"}',
    'manager_sync_fetch_svids_updates{status="OK"}',
    'uptime_in_ms',
  ])
    assert.ok(Number(valueOf(name)) > 0, name);
  assert.match(body, /\nspire_agent_started\{version="[^"]+",trust_domain_id="example.org"\} 1\n/);

  hangUp.abort();
  await assert.rejects(stream.next());
  let after = body;
  while (!after.includes('spire_agent_workload_api_connections 0')) after = (await read(agent)).body;
  assert.match(after, /spire_agent_rpc_workload_api_fetch_x509svid\{status="Canceled"\} 1\n/);
});

test("metrics are read over TLS by the agent's own SVID, by those who are named alone", async (t) => {
  const { bed, agent } = await start(t, {
    useSpireSvid: true,
    authorizedSpiffeIds: [SpiffeId.parse(idOf('/web'))],
  });
  const base = { rejectUnauthorized: false, servername: 'agent' };
  const as = (selector: string): RequestOptions => {
    const [identity] = watches.get(selector)?.latest().identities ?? [];
    assert.ok(identity !== undefined);
    return {
      ...base,
      cert: identity.chain.map((der) => formatPem('CERTIFICATE', der)).join(''),
      key: formatPem('PRIVATE KEY', identity.privateKey),
    };
  };
  const watches = new Map([USER, OTHER].map((selector) => [selector, agent.watch(selector)]));
  await bed.rest();
  const statuses = await Promise.all(
    [{ ...base }, as(USER), as(OTHER)].map(async (options) => (await read(agent, options)).status),
  );
  assert.deepEqual(statuses, [403, 200, 403]);
  await assert.rejects(read(agent), 'without TLS nobody is answered');
});
