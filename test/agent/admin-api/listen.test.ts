import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { adminApi } from '../../../agent/admin-api/listen.ts';
import { workloadAttestation } from '../../../agent/attest-workload/attest.ts';
import { linuxPeerKernel } from '../../../shared/rpc/peer-kernel.ts';
import { Peers } from '../../../agent/attest-workload/peers.ts';
import { workloadAttestors } from '../../../agent/attest-workload/registry.ts';
import { explainProcess } from '../../../agent/explain/explain-process.ts';
import type { ExplainDefinition } from '../../../proto/gen/writ/explain/v1/Explain.ts';
import { systemClock } from '../../../shared/clock.ts';
import { Code } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { type Channel, unixChannel } from '../../../shared/rpc/channel.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeWorkloadIdentities } from '../../fakes/workload-identities.ts';

describe('the admin socket', () => {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'writ-admin-')), 'data');
  const config = { adminSocketPath: join(dataDir, 'admin.sock') };
  const identities = new FakeWorkloadIdentities();
  const peers = new Peers({
    kernel: linuxPeerKernel(),
    procPath: '/proc',
    requirePeerPidfd: false,
    log: silentLogger,
  });
  const attestors = workloadAttestors(
    { unix: { discoverWorkloadPath: false, workloadSizeLimit: 0 } },
    { clock: systemClock, log: silentLogger },
  );
  const attestation = workloadAttestation({ attestors, clock: systemClock, log: silentLogger });
  const log = new FakeLog();
  const api = adminApi({
    config,
    explain: explainProcess({ peers, attestation, identities }),
    peers,
    clock: systemClock,
    log,
  });
  let channel: Channel;
  let client: ServiceClient<ExplainDefinition>;

  before(async () => {
    await api.start(new AbortController().signal);
    channel = unixChannel(config.adminSocketPath);
    client = new ServiceClient('writ.explain.v1.Explain', channel);
  });
  after(async () => {
    channel.close();
    await api.stop();
    rmSync(join(dataDir, '..'), { recursive: true });
  });

  it('is for its own user alone', () => {
    const [directory, socket] = [dataDir, join(dataDir, 'admin.sock')].map(
      (path) => statSync(path).mode & 0o777,
    );
    assert.deepEqual([directory, socket], [0o700, 0o600]);
  });

  it('explains a real process', async () => {
    const uid = process.geteuid?.();
    identities.sync = {
      entriesKnown: 1,
      lastSyncAt: new Date('2026-01-01T00:00:00Z'),
      lastSyncError: undefined,
    };
    identities.entries = [
      {
        entryId: 'e1',
        spiffeId: SpiffeId.parse('spiffe://example.org/web'),
        hasSvid: true,
        selectors: [parseSelector(`unix:uid:${uid}`), parseSelector('docker:label:app:web')],
      },
    ];
    const answer = await client.unary('ExplainProcess', { pid: process.pid });
    const [unix] = answer.attestors;
    assert.equal(unix?.name, 'unix');
    assert.equal(unix?.error, '');
    assert.ok(unix?.selectors.some(({ type, value }) => type === 'unix' && value === `uid:${uid}`));
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

  it('logs who called', async () => {
    log.lines.length = 0;
    await client.unary('ExplainProcess', { pid: process.pid });
    assert.deepEqual(log.lines[0]?.fields, {
      method: '/writ.explain.v1.Explain/ExplainProcess',
      pid: process.pid,
      uid: process.geteuid?.(),
    });
  });
});
