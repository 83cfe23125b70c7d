import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { workloadAttestation } from '../../../agent/attest-workload/attest.ts';
import type { WorkloadAttestor } from '../../../agent/attest-workload/workload-attestor.ts';
import { Code, unavailable } from '../../../shared/errors.ts';
import { type Selector, selectorKey } from '../../../shared/selectors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakePeer } from '../../fakes/peer.ts';

const finds = (name: string, values: readonly string[], type = name): WorkloadAttestor => ({
  name,
  attest: async () => values.map((value) => ({ type, value })),
});
const fails = (name: string): WorkloadAttestor => ({
  name,
  attest: async () => {
    throw unavailable(`${name} is down`);
  },
});
const hangs = (name: string): WorkloadAttestor => ({ name, attest: () => new Promise(() => {}) });

function attestationBy(...attestors: WorkloadAttestor[]) {
  const [clock, log, peer] = [new FakeClock(), new FakeLog(), new FakePeer()];
  const attestation = workloadAttestation({ attestors, clock, log });
  const { signal } = new AbortController();
  const attest = async (): Promise<readonly string[]> =>
    (await attestation.attest(peer, signal)).map(selectorKey);
  return { attestation, attest, clock, log, peer, signal };
}

const FAILED = { code: Code.unavailable, message: 'workload attestation failed' };

describe('workload attestation', () => {
  it('gives what all attestors found, sorted and without duplicates', async () => {
    const { attest, peer } = attestationBy(
      finds('unix', ['uid:1', 'gid:2', 'uid:1']),
      finds('docker', ['label:a:b']),
    );
    assert.deepEqual(await attest(), ['docker:label:a:b', 'unix:gid:2', 'unix:uid:1']);
    assert.equal(peer.checks, 2);
  });

  it('goes on without an attestor that fails, and logs it', async () => {
    const { attest, log } = attestationBy(fails('docker'), finds('unix', ['uid:1']));
    assert.deepEqual(await attest(), ['unix:uid:1']);
    assert.deepEqual(
      log.lines.map(({ message, fields }) => [message, fields['attestor'], fields['error']]),
      [['workload attestor failed', 'docker', 'docker is down']],
    );
  });

  it('does not fill the disk when a process asks again and again', async () => {
    const { attest, clock, log } = attestationBy(fails('unix'));
    for (let i = 0; i < 60; i += 1) await assert.rejects(attest(), FAILED);
    assert.equal(log.lines.length, 50);
    await clock.advance(1_000);
    await assert.rejects(attest(), FAILED);
    assert.equal(log.lines.at(-1)?.fields['omitted'], 10);
  });

  it('fails when every attestor fails', async () => {
    await assert.rejects(attestationBy(fails('docker'), fails('unix')).attest(), FAILED);
  });

  it('gives nothing, and does not fail, for a process of no known kind', async () => {
    assert.deepEqual(await attestationBy(finds('docker', [])).attest(), []);
  });

  it('waits for an attestor no longer than 30 seconds', async () => {
    const { attest, clock } = attestationBy(hangs('docker'), finds('unix', ['uid:1']));
    const found = attest();
    await clock.advance(30_000);
    assert.deepEqual(await found, ['unix:uid:1']);
    assert.equal(clock.sleeping, 0);
  });

  it('leaves no timer behind', async () => {
    const { attest, clock } = attestationBy(finds('unix', ['uid:1']));
    await attest();
    assert.equal(clock.sleeping, 0);
  });

  it('drops selectors of another type: an attestor speaks for itself alone', async () => {
    const liar = finds('docker', ['uid:0'], 'unix');
    assert.deepEqual(await attestationBy(liar, finds('unix', ['uid:1'])).attest(), ['unix:uid:1']);
  });

  for (const [what, values] of Object.entries({
    'too many selectors': Array.from({ length: 4_097 }, (_, i) => `supplementary_gid:${i}`),
    'a selector that is too long': ['path:/'.padEnd(8_193, 'x')],
  })) {
    it(`takes ${what} for a failure`, async () => {
      await assert.rejects(attestationBy(finds('unix', values)).attest(), FAILED);
    });
  }

  it('asks nobody about a process that is gone', async () => {
    let asked = 0;
    const counts: WorkloadAttestor = {
      name: 'unix',
      attest: async () => {
        asked += 1;
        return [];
      },
    };
    const { attest, peer } = attestationBy(counts);
    peer.isAlive = false;
    await assert.rejects(attest(), { code: Code.unavailable, message: 'the process is gone' });
    assert.equal(asked, 0);
  });

  it('gives nothing about a process that ended meanwhile', async () => {
    const ends: WorkloadAttestor = {
      name: 'unix',
      attest: async (): Promise<readonly Selector[]> => {
        peer.isAlive = false;
        return [{ type: 'unix', value: 'uid:0' }];
      },
    };
    const { attest, peer } = attestationBy(ends);
    await assert.rejects(attest(), { code: Code.unavailable, message: 'the process is gone' });
  });

  it('ends with the reason of its signal', async () => {
    const { attestation, peer } = attestationBy(hangs('docker'));
    const caller = new AbortController();
    const found = attestation.attest(peer, caller.signal);
    caller.abort(unavailable('shutting down'));
    await assert.rejects(found, { message: 'shutting down' });
  });

  it('asks all at once, and waits for each as long as it says', async () => {
    const [slow, quick] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const waits = (name: string, until: Promise<void>, tells: () => void): WorkloadAttestor => ({
      name,
      timeoutMs: 90_000,
      attest: async (_peer, _signal, note = () => {}) => {
        note(`${name} began`);
        tells();
        await until;
        return [{ type: name, value: 'x' }];
      },
    });
    const { attestation, clock, peer, signal } = attestationBy(
      waits('docker', slow.promise, quick.resolve),
      waits('unix', quick.promise, () => {}),
    );
    const found = attestation.report(peer, signal);
    await quick.promise;
    await clock.advance(60_000);
    slow.resolve();
    assert.deepEqual(
      (await found).map(({ name, notes, tookMs, error }) => ({ name, notes, tookMs, error })),
      [
        { name: 'docker', notes: ['docker began'], tookMs: 60_000, error: undefined },
        { name: 'unix', notes: ['unix began'], tookMs: 0, error: undefined },
      ],
    );
  });

  it('tells what a failed attestor did, and no more than fits on a screen', async () => {
    const talks: WorkloadAttestor = {
      name: 'docker',
      attest: async (_peer, _signal, note = () => {}) => {
        for (let i = 0; i < 100; i += 1) note(`${i}`);
        throw unavailable('docker is down');
      },
    };
    const { attestation, peer, signal } = attestationBy(talks);
    const [report] = await attestation.report(peer, signal);
    assert.equal(report?.error, 'docker is down');
    assert.equal(report.notes.length, 20);
  });

  it('reports attestor by attestor', async () => {
    const { attestation, peer, signal } = attestationBy(fails('docker'), finds('unix', ['uid:1']));
    assert.deepEqual(await attestation.report(peer, signal), [
      { name: 'docker', selectors: [], error: 'docker is down', notes: [], tookMs: 0 },
      {
        name: 'unix',
        selectors: [{ type: 'unix', value: 'uid:1' }],
        error: undefined,
        notes: [],
        tookMs: 0,
      },
    ]);
  });
});
