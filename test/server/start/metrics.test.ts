/** A whole server whose metrics are read, in the open and over TLS. */
import assert from 'node:assert/strict';
import { request as requestHttp } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import { test } from 'node:test';
import { systemClock } from '../../../shared/clock.ts';
import { NO_TELEMETRY, type PrometheusConfig } from '../../../shared/config/telemetry.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { withKeyPem } from '../../../shared/tls/key-pem.ts';
import type { TlsIdentity } from '../../../shared/tls/listen.ts';
import type { Ending } from '../../fakes/database.ts';
import { FakeDatastore } from '../../fakes/datastore.ts';
import { joinAgent, type RunningServer, startServer } from '../../fakes/server-under-test.ts';

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

async function start(t: Ending, prometheus: Partial<PrometheusConfig> = {}) {
  const telemetry = {
    ...NO_TELEMETRY,
    hasHostnameLabel: false,
    prometheus: { ...NO_TELEMETRY.prometheus, host: '127.0.0.1', port: 0, ...prometheus },
  };
  const datastore = new FakeDatastore(systemClock);
  return startServer(t, { datastore, config: { telemetry } });
}

const portOf = ({ log }: RunningServer): number =>
  Number(log.lines.find(({ message }) => message === 'serving metrics')?.fields['port']);

function read(server: RunningServer, method: string, identity?: TlsIdentity | 'none'): Promise<Answer> {
  const target = { host: '127.0.0.1', port: portOf(server), path: '/metrics', method, agent: false as const };
  if (identity === undefined) return answerOf(requestHttp, target);
  const tls = { ...target, rejectUnauthorized: false, servername: 'server' };
  if (identity === 'none') return answerOf(requestHttps, tls);
  const { certificatePem: cert, privateKey } = identity;
  return withKeyPem(privateKey, (key) => answerOf(requestHttps, { ...tls, cert, key }));
}

function answerOf(
  request: typeof requestHttp | typeof requestHttps,
  options: RequestOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () =>
        resolve({ status: response.statusCode, type: response.headers['content-type'], body }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('a server counts its calls, its database’s and what it signs, under SPIRE’s names', async (t) => {
  const server = await start(t);
  await joinAgent(server);
  await server.admin.entry.unary('ListEntries', {});
  await assert.rejects(server.admin.entry.unary('GetEntry', { id: 'none' }));
  const { status, type, body } = await read(server, 'GET');
  assert.equal(status, 200);
  assert.match(type ?? '', /^text\/plain; version=0\.0\.4/);
  for (const line of [
    'spire_server_rpc_agent_v1_agent_attest_agent{status="OK"} 1',
    'spire_server_rpc_entry_v1_entry_list_entries{status="OK"} 1',
    'spire_server_rpc_entry_v1_entry_get_entry{status="NotFound"} 1',
    'spire_server_datastore_registration_entry_list{status="OK"} 1',
    'spire_server_datastore_join_token_create{status="OK"} 1',
    'spire_server_server_ca_sign_x509_svid 2', // its own and the agent's
    'spire_server_node_agents_by_id_cache_count 1',
    'spire_server_ca_manager_x509_ca_activate 1',
    'spire_server_manager_jwt_key_activate 1',
  ])
    assert.ok(body.includes(`\n${line}\n`), `${line} in:\n${body}`);
  assert.match(
    body,
    /\nspire_server_started\{version="[^"]+",trust_domain_id="spiffe:\/\/example\.org"\} 1\n/,
  );
  assert.match(body, /\nspire_server_manager_x509_ca_rotate_ttl\{[^}]*\} 86\d\d\d\n/);
  assert.equal((await read(server, 'POST')).status, 405);
});

test('over TLS the metrics come from the server’s own SVID, and only who is named may read them', async (t) => {
  const reader = SpiffeId.parse('spiffe://example.org/spire/agent/join_token/reader');
  const server = await start(t, { useSpireSvid: true, authorizedSpiffeIds: [reader] });
  const { identity, id } = await joinAgent(server, 'reader');
  assert.equal(id, reader.toString());
  assert.equal((await read(server, 'GET', identity)).status, 200);
  const { identity: other } = await joinAgent(server);
  for (const wrong of [other, 'none'] as const) {
    const { status, body } = await read(server, 'GET', wrong);
    assert.deepEqual({ status, body }, { status: 403, body: '' });
  }
});

test('without a port nothing is served', async (t) => {
  const server = await start(t, { port: undefined });
  assert.ok(!server.log.messages('info').includes('serving metrics'));
});
