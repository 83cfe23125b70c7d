import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ClientHttp2Session } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { adminApi } from '../../agent/admin-api/listen.ts';
import { workloadAttestation } from '../../agent/attest-workload/attest.ts';
import { workloadAttestors } from '../../agent/attest-workload/registry.ts';
import { explainProcess } from '../../agent/explain/explain-process.ts';
import { systemClock } from '../../shared/clock.ts';
import { Door, HEADER, identity, realPeers, update } from '../agent/workload-api/door.ts';
import { FakeLog } from '../fakes/log.ts';
import { judge } from '../fuzz/judge.ts';
import { RandomMessages, rpcsOf, type Words } from '../fuzz/random-messages.ts';
import { framed, openUnix, rawCall } from '../fuzz/raw-call.ts';
import { Dice } from '../interop/go-x509/dice.ts';
import { seed } from '../seed.ts';

const CASES = 30; // of each RPC at each door
const WORDS: Words = {
  spiffe_id: ['spiffe://example.org/web', 'spiffe://other.org/web', 'web'],
  audience: ['a', ''],
  svid: ['a.b.c', 'x'],
  service: ['', 'other'],
};

const RPCS = ['SpiffeWorkloadAPI', 'grpc.health.v1.Health', 'writ.explain.v1.Explain'].flatMap(rpcsOf);

describe('every RPC of the agent, whatever is sent', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-doors-'));
  const peers = realPeers();
  const door = new Door({ peers, clock: systemClock, inputMaxBytes: Number.POSITIVE_INFINITY });
  const adminLog = new FakeLog();
  const attestors = workloadAttestors(
    { unix: { discoverWorkloadPath: false, workloadSizeLimit: 0 } },
    { clock: systemClock, log: adminLog },
  );
  const attestation = workloadAttestation({ attestors, clock: systemClock, log: adminLog });
  const explain = explainProcess({ peers, attestation, identities: door.identities });
  const adminSocketPath = join(directory, 'data', 'admin.sock');
  const admin = adminApi({ config: { adminSocketPath }, explain, peers, clock: systemClock, log: adminLog });
  let sessions: Readonly<Record<string, ClientHttp2Session>>;

  before(async () => {
    await door.start();
    await admin.start(new AbortController().signal);
    door.identities.push(update([identity('/web')]));
    sessions = { 'the Workload API': openUnix(door.path), 'the admin socket': openUnix(adminSocketPath) };
  });
  after(async () => {
    for (const session of Object.values(sessions)) session.destroy();
    await admin.stop();
    await door.stop();
    rmSync(directory, { recursive: true });
  });

  for (const [at, name] of ['the Workload API', 'the admin socket'].entries()) {
    it(`is answered by ${name} with a status that is no fault`, async () => {
      const session = sessions[name];
      assert.ok(session !== undefined);
      for (const [n, rpc] of RPCS.entries()) {
        for (let which = 0; which < CASES; which += 1) {
          const caseSeed = (seed + at * 1_000_003 + n * 1_009 + which) | 0;
          const dice = new Dice(caseSeed);
          const body = framed(new RandomMessages(dice, WORDS).any(rpc.request));
          const headers = dice.once(5) ? {} : HEADER.metadata;
          const outcome = await rawCall(session, { path: rpc.path, headers, body, isStream: rpc.isStream });
          try {
            judge(rpc, outcome);
          } catch (cause) {
            throw new Error(`${rpc.path} with seed ${caseSeed}: ${JSON.stringify(outcome)}`, { cause });
          }
        }
      }
    });
  }

  it('leaves doors that serve, and nothing to regret', async () => {
    const first = await door.client().serverStream('FetchX509SVID', {}, HEADER).next();
    assert.equal(first.value?.svids.length, 1);
    for (const log of [door.log, adminLog]) assert.deepEqual(log.messages('error'), []);
  });
});
