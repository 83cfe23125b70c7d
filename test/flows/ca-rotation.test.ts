import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import type { WorkloadUpdate } from '../../agent/cache/workload-identities.ts';
import { toHex } from '../../shared/bytes.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { Testbed } from '../fakes/testbed.ts';
import { Witness } from './witness.ts';

const HOUR_MS = 3_600_000;
const WORKLOAD = 'unix:uid:7';

/** Which authorities signed the SVIDs, in the order in which each was first seen. */
const signersOf = ({ renewals }: Witness, workload: number): readonly string[] => [
  ...new Set(renewals[workload]?.map(({ identity }) => signerOf(identity.chain)) ?? []),
];

const signerOf = ([leaf]: readonly Uint8Array[]): string =>
  toHex(parseCertificate(leaf ?? new Uint8Array()).authorityKeyId ?? assert.fail());

const rootsOf = ({ bundle }: WorkloadUpdate): readonly X509Certificate[] =>
  bundle.x509Authorities.map(({ certificate }) => new X509Certificate(certificate));

/** A server with an authority of its own, one agent of it and a workload of that. */
async function startHouse(bed: Testbed, name: string, [caSeconds, svidSeconds, agentSeconds]: Lives) {
  const ca = { ttlSeconds: caSeconds, defaultX509SvidTtlSeconds: svidSeconds, agentTtlSeconds: agentSeconds };
  const server = await bed.startServer(name, { ca });
  const agent = await bed.startAgent(`agent of ${name}`, { server });
  await bed.createEntry(server, { path: `/web-${name}`, parent: agent.path, selectors: [WORKLOAD] });
  const watch = agent.watch(WORKLOAD);
  await bed.passUntil(() => watch.paths()?.length === 1, 2);
  return { watch, logs: [server.log, agent.log] };
}

/** Seconds that the CA, the SVIDs and the agents' own ones live. */
type Lives = readonly [ca: number, svid: number, agent: number];

test('while authorities rotate every SVID is vouched for by the bundle that its peers hold at that moment', async (t) => {
  const bed = await Testbed.open(t);
  const lives = [120, 20, 40] as const;
  const houses = [await startHouse(bed, 'a', lives), await startHouse(bed, 'b', lives)];
  await bed.pass(2); // the first one hears of the second one's authority
  const witness = new Witness(bed, ...houses.map(({ watch }) => watch));
  await bed.pass(150); // of each server the second authority takes over, and the third one is made known

  for (const [at, { watch, logs }] of houses.entries()) {
    assert.equal(signersOf(witness, at).length, 2);
    assert.equal(rootsOf(watch.latest()).length, 6); // none ended a day ago
    for (const log of logs) assert.deepEqual(log.messages('error'), []);
  }
});

test('over days authorities that ended a day ago leave the bundle, of the server and of workloads', async (t) => {
  const bed = await Testbed.open(t);
  const { watch, logs } = await startHouse(bed, 'a', [24 * 3_600, 4 * 3_600, 4 * 3_600]);
  const witness = new Witness(bed, watch);
  const [first] = rootsOf(watch.latest());
  for (let hours = 0; hours < 60; hours++) {
    bed.clock.stall(HOUR_MS);
    await bed.pass(2);
    const now = bed.clock.now();
    const prunedUntil = new Date(now.getTime() - 31 * HOUR_MS); // a day, and six hours from look to look
    for (const root of rootsOf(watch.latest()))
      assert.ok(root.validToDate > prunedUntil, `${root.validTo} at ${now.toISOString()}`);
  }
  assert.ok(signersOf(witness, 0).length >= 3);
  assert.ok(rootsOf(watch.latest()).every(({ fingerprint256 }) => fingerprint256 !== first?.fingerprint256));
  for (const log of logs) assert.deepEqual(log.messages('error'), []);
});
