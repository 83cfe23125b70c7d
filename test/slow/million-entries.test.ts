/** A million entries, and an administrator who asks for all of them at once. */
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { Client } from 'pg';
import type { AgentDefinition } from '../../proto/gen/spire/api/server/agent/v1/Agent.ts';
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { Code } from '../../shared/errors.ts';
import { type Channel, unixChannel } from '../../shared/rpc/channel.ts';
import { ServiceClient } from '../../shared/rpc/client.ts';
import { percentile } from '../bench/percentiles.ts';
import { databaseOf } from '../bench/rig/database.ts';
import { cpuMsOf, peakRssMbOf, rssMbOf } from '../bench/rig/process-usage.ts';
import { System } from '../interop/system.ts';

const SIZE = 1_000_000;
const TEAMS = 97;
const AT_ONCE = 20;
/** Of the answers to twenty at once: two seconds on a calm machine, where a list is read until it is too large. */
const REFUSED_WITHIN_MS = 25_000;
/** What twenty such calls may make the server hold: four are read at once, of four megabytes each when they are encoded. */
const GROWTH_MAX_MB = 300;
/** Of what others wait meanwhile: it is some 10 ms on a calm machine, and was the whole list before. */
const MEDIAN_WAIT_MAX_MS = 500;

/** Indexes come when the rows are there. The server that runs does not know of these entries, as its lists do not ask it. */
const FILL = `
  drop index entries_by_selectors, entries_by_federates_with, entries_by_parent_id, entries_by_spiffe_id, entries_by_shape;
  insert into entries (id, spiffe_id, parent_id, selectors, shape, x509_svid_ttl_seconds, jwt_svid_ttl_seconds,
    federates_with, admin, downstream, store_svid, dns_names, hint, disable_x509_svid_prefetch, jwt_svid_include_jti,
    revision_number, created_at)
  select '00000000-0000-4000-8000-' || lpad(n::text, 12, '0'),
    'spiffe://example.org/ns/team-' || n % ${TEAMS} || '/sa/service-' || n,
    'spiffe://example.org/node/' || n % 5000,
    array['k8s:ns:team-' || n % ${TEAMS}, 'k8s:sa:service-' || n], decode(lpad(to_hex(n), 64, '0'), 'hex'),
    3600, 0, '{}', false, false, false, '{}', '', false, false, 0, now()
  from generate_series(1, ${SIZE}) as n;
  create index entries_by_selectors on entries using gin (selectors);
  insert into nodes (id, attestation_type, serial_number, expires_at, selectors, can_reattest, agent_version)
  select 'spiffe://example.org/spire/agent/k8s_psat/main/' || n, 'k8s_psat', n::text, now(),
    array['k8s_psat:cluster:main', 'k8s_psat:agent_node_name:' || n], true, ''
  from generate_series(1, 50000) as n;
  analyze`;
const refusal = (why: string) => ({
  code: Code.resourceExhausted,
  message: new RegExp(`^the list ${why}: ask for pages`),
});

let system: System;
let channel: Channel;
let entries: ServiceClient<EntryDefinition>;
let agents: ServiceClient<AgentDefinition>;
before(async () => {
  system = await System.startWithoutAgent({ logLevel: 'WARN' });
  const database = new Client(databaseOf(system));
  await database.connect();
  await database.query(FILL);
  await database.end();
  channel = unixChannel(system.files.serverSocket);
  entries = new ServiceClient('spire.api.server.entry.v1.Entry', channel);
  agents = new ServiceClient('spire.api.server.agent.v1.Agent', channel);
});
after(async () => {
  channel?.close();
  await system?.stop();
});

const ofTeams = (...teams: readonly number[]) => {
  const selectors = teams.map((team) => ({ type: 'k8s', value: `ns:team-${team}` }));
  return { by_selectors: { selectors, match: 'MATCH_ANY' as const } };
};

/** How long each of the calls that others make meanwhile takes. */
async function waitsDuring(work: Promise<unknown>): Promise<readonly number[]> {
  const waits: number[] = [];
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const askedMs = monotonicMs();
    assert.equal(await system.admin.isHealthy(), true, 'not healthy');
    waits.push(monotonicMs() - askedMs);
  }
  await over;
  return waits;
}

interface Case {
  readonly ask: () => Promise<unknown>;
  readonly why: string;
}

const cases: Readonly<Record<string, Case>> = {
  'a million entries': { ask: () => entries.unary('ListEntries', {}), why: 'has more than 100000 items' },
  'the ids of a million entries': {
    ask: () => entries.unary('ListEntries', { output_mask: {} }),
    why: 'has more than 100000 items',
  },
  'the entries of five teams': {
    ask: () => entries.unary('ListEntries', { filter: ofTeams(1, 2, 3, 4, 5) }),
    why: 'is larger than the 4194304 bytes of a message',
  },
  'fifty thousand agents': {
    ask: () => agents.unary('ListAgents', {}),
    why: 'is larger than the 4194304 bytes of a message',
  },
};
for (const [what, { ask, why }] of Object.entries(cases))
  test(`asked for ${what} at once, twenty times, the server refuses and others are served`, async (t: TestContext) => {
    const { pid } = system.server;
    const [rssMb, cpuMs, beganMs] = [rssMbOf(pid), cpuMsOf(pid), monotonicMs()];
    const refused = Promise.all(Array.from({ length: AT_ONCE }, () => assert.rejects(ask(), refusal(why))));
    const waits = await waitsDuring(refused);
    const tookMs = monotonicMs() - beganMs;
    const growthMb = peakRssMbOf(pid) - rssMb;
    t.diagnostic(
      `refused within ${tookMs.toFixed(0)} ms, ${cpuMsOf(pid) - cpuMs} ms of the server's CPU; it grew by ${growthMb.toFixed(0)} MB from ${rssMb.toFixed(0)}; ${waits.length} other calls, median ${percentile(waits, 0.5).toFixed(1)} ms, longest ${Math.max(...waits).toFixed(0)} ms`,
    );
    assert.ok(tookMs < REFUSED_WITHIN_MS, `${tookMs} ms`);
    assert.ok(growthMb < GROWTH_MAX_MB, `${growthMb} MB`);
    assert.ok(percentile(waits, 0.5) < MEDIAN_WAIT_MAX_MS);
  });

test('ten thousand of a million come at once without a page size', async (t) => {
  const beganMs = monotonicMs();
  const { entries: found } = await entries.unary('ListEntries', { filter: ofTeams(0) });
  t.diagnostic(`${found.length} entries in ${(monotonicMs() - beganMs).toFixed(0)} ms`);
  assert.equal(found.length, Math.floor(SIZE / TEAMS));
  assert.equal(new Set(found.map(({ id }) => id)).size, found.length);
});

test('pages are as large as a message may be, whatever size is asked for', async () => {
  const ids = new Set<string>();
  let [count, page_token] = [0, ''];
  for (let pages = 0; pages < 3; pages += 1) {
    const page = await entries.unary('ListEntries', { page_size: SIZE, page_token, output_mask: {} });
    for (const { id } of page.entries) ids.add(id);
    count += page.entries.length;
    page_token = page.next_page_token;
  }
  assert.ok(count > 300_000, String(count)); // of 40 bytes each
  assert.equal(ids.size, count);
});
