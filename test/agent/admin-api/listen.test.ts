import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { workloadAttestation } from '../../../agent/attest-workload/attest.ts';
import { workloadAttestors } from '../../../agent/attest-workload/registry.ts';
import type { DelegatedIdentityDefinition } from '../../../proto/gen/spire/api/agent/delegatedidentity/v1/DelegatedIdentity.ts';
import type { LoggerDefinition } from '../../../proto/gen/spire/api/agent/logger/v1/Logger.ts';
import type { ExplainDefinition } from '../../../proto/gen/writ/explain/v1/Explain.ts';
import { systemClock } from '../../../shared/clock.ts';
import { Code } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { framed, openUnix, rawCall } from '../../fuzz/raw-call.ts';
import { realPeers, update } from '../workload-api/door.ts';
import { AdminDoor } from './admin-door.ts';

const attestors = workloadAttestors(
  { unix: { discoverWorkloadPath: false, workloadSizeLimit: 0 } },
  { clock: systemClock, log: silentLogger },
);
const attestation = workloadAttestation({ attestors, clock: systemClock, log: silentLogger });
const SERVICE = 'spire.api.agent.delegatedidentity.v1.DelegatedIdentity';
const ownUid = process.geteuid?.() ?? 0;

describe('the admin socket', () => {
  const door = new AdminDoor({ peers: realPeers(), attestation, ownUid });
  const client = door.client<ExplainDefinition>('writ.explain.v1.Explain');
  before(() => door.start());
  after(() => door.stop());

  const modes = (path: string): readonly number[] =>
    [dirname(path), path].map((file) => statSync(file).mode & 0o777);

  it('is for its own user alone', () => {
    assert.deepEqual(modes(door.path), [0o700, 0o600]);
  });

  it("is for the agent's group too where the configuration says where it is", async () => {
    const shared = new AdminDoor({ isShared: true });
    await shared.start();
    try {
      assert.deepEqual(modes(shared.path), [0o750, 0o770]);
    } finally {
      await shared.stop();
    }
  });

  it('explains a real process', async () => {
    door.identities.sync = {
      entriesKnown: 1,
      lastSyncAt: new Date('2026-01-01T00:00:00Z'),
      lastSyncError: undefined,
    };
    door.identities.entries = [
      {
        entryId: 'e1',
        spiffeId: SpiffeId.parse('spiffe://example.org/web'),
        hasSvid: true,
        selectors: [parseSelector(`unix:uid:${ownUid}`), parseSelector('docker:label:app:web')],
      },
    ];
    const answer = await client.unary('ExplainProcess', { pid: process.pid });
    const [unix] = answer.attestors;
    assert.equal(unix?.name, 'unix');
    assert.equal(unix?.error, '');
    assert.ok(unix?.selectors.some(({ type, value }) => type === 'unix' && value === `uid:${ownUid}`));
    assert.deepEqual(answer.candidates, [
      {
        entry_id: 'e1',
        spiffe_id: 'spiffe://example.org/web',
        missing: [{ type: 'docker', value: 'label:app:web' }],
        has_svid: true,
      },
    ]);
    assert.deepEqual(
      [answer.entries_known, answer.last_sync_at, answer.last_sync_error],
      [1, '1767225600', ''],
    );
  });

  for (const [pid, code] of [
    [0, Code.invalidArgument],
    [-5, Code.invalidArgument],
    [4_194_305, Code.notFound],
  ] as const) {
    it(`answers ${code} for pid ${pid}`, async () => {
      await assert.rejects(client.unary('ExplainProcess', { pid }), { code });
    });
  }

  it("answers clients that name the socket's path in their requests", async () => {
    const session = openUnix(door.path);
    try {
      const outcome = await rawCall(session, {
        path: '/writ.explain.v1.Explain/ExplainProcess',
        headers: { ':authority': door.path },
        body: framed(Buffer.alloc(0)),
      });
      assert.equal(outcome.status, Code.invalidArgument); // no pid
    } finally {
      session.destroy();
    }
  });

  it('logs who called', async () => {
    door.log.lines.length = 0;
    await client.unary('ExplainProcess', { pid: process.pid });
    assert.deepEqual(door.log.lines[0]?.fields, {
      method: '/writ.explain.v1.Explain/ExplainProcess',
      pid: process.pid,
      uid: ownUid,
    });
  });

  it('tells who comes when there is no room that there is none, and makes room by those that are idle', async () => {
    const full = new AdminDoor({ connectionsMax: 4 });
    await full.start();
    try {
      const logger = () => full.client<LoggerDefinition>('spire.api.agent.logger.v1.Logger');
      for (let count = 0; count < 10; count += 1) await logger().unary('GetLogger', {}); // each idle afterwards
      full.identities.push(update([]));
      full.identities.entries = [full.delegateEntry];
      const busy = await Promise.all(
        Array.from({ length: 2 }, async () => {
          const messages = full
            .client<DelegatedIdentityDefinition>(SERVICE)
            .serverStream('SubscribeToX509Bundles', {});
          await messages.next();
          return messages;
        }),
      );
      assert.equal(busy.length, 2);
      await assert.rejects(logger().unary('GetLogger', {}), {
        code: Code.unavailable,
        message: /^too many connections are open, or too many of user 1000/,
      });
      full.peers.uid = 2_000;
      await logger().unary('GetLogger', {}); // there is always room for another user
    } finally {
      await full.stop();
    }
  });
});
