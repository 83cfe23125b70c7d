import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { workloadAttestation } from '../../agent/attest-workload/attest.ts';
import { workloadAttestors } from '../../agent/attest-workload/registry.ts';
import { systemClock } from '../../shared/clock.ts';
import { AdminDoor } from '../agent/admin-api/admin-door.ts';
import { makeOwnSvid } from '../agent/admin-api/own-svid.ts';
import { FakeClock } from '../fakes/clock.ts';
import { Door, HEADER, identity, realPeers, update } from '../agent/workload-api/door.ts';
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

const RPCS = [
  'SpiffeWorkloadAPI',
  'grpc.health.v1.Health',
  'writ.explain.v1.Explain',
  'spire.agent.debug.v1.Debug',
  'spire.api.agent.delegatedidentity.v1.DelegatedIdentity',
  'spire.api.agent.logger.v1.Logger',
].flatMap(rpcsOf);

const ownSvid = await makeOwnSvid(new FakeClock().now());

describe('every RPC of the agent, whatever is sent', () => {
  const peers = realPeers();
  const door = new Door({ peers, clock: systemClock, inputMaxBytes: Number.POSITIVE_INFINITY });
  const attestors = workloadAttestors(
    { unix: { discoverWorkloadPath: false, workloadSizeLimit: 0 } },
    { clock: systemClock, log: door.log },
  );
  const attestation = workloadAttestation({ attestors, clock: systemClock, log: door.log });
  const admin = new AdminDoor({ peers, attestation, ...ownSvid });
  let sessions: Readonly<Record<string, ClientHttp2Session>>;

  before(async () => {
    await door.start();
    await admin.start();
    door.identities.push(update([identity('/web')]));
    admin.identities.push(update([identity('/web')]));
    const { delegateEntry } = admin;
    admin.identities.entries = [{ ...delegateEntry, selectors: [] }];
    sessions = { 'the Workload API': openUnix(door.path), 'the admin socket': openUnix(admin.path) };
  });
  after(async () => {
    for (const session of Object.values(sessions)) session.destroy();
    await admin.stop();
    await door.stop();
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
    for (const log of [door.log, admin.log]) assert.deepEqual(log.messages('error'), []);
  });
});
