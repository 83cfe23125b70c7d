import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AttestorReport } from '../../../agent/attest-workload/attest.ts';
import { explainProcess } from '../../../agent/explain/explain-process.ts';
import { Code, notFound, unavailable } from '../../../shared/errors.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { FakePeer } from '../../fakes/peer.ts';
import { FakeWorkloadIdentities } from '../../fakes/workload-identities.ts';

const { signal } = new AbortController();
const REPORTS: readonly AttestorReport[] = [
  {
    name: 'unix',
    selectors: [parseSelector('unix:uid:1000'), parseSelector('unix:user:web')],
    error: undefined,
    notes: [],
    tookMs: 1,
  },
  { name: 'docker', selectors: [], error: 'no socket', notes: ['looked'], tookMs: 2 },
];

const entry = (entryId: string, ...selectors: readonly string[]) => ({
  entryId,
  spiffeId: SpiffeId.parse(`spiffe://example.org/${entryId}`),
  hasSvid: false,
  selectors: selectors.map(parseSelector),
});

function explained(report = async (): Promise<readonly AttestorReport[]> => REPORTS) {
  const [peer, identities] = [new FakePeer(), new FakeWorkloadIdentities()];
  const explain = explainProcess({ peers: { open: () => peer }, attestation: { report }, identities });
  return { peer, identities, explain };
}

describe('explaining a process', () => {
  it('tells what each attestor found, and the entries with what the process lacks for those that come near', async () => {
    const { explain, identities, peer } = explained();
    identities.sync = {
      entriesKnown: 3,
      lastSyncAt: new Date('2026-01-01T00:00:00Z'),
      lastSyncError: 'later down',
    };
    identities.entries = [
      entry('far', 'unix:uid:7', 'docker:label:a:b'),
      entry('nodes', 'spiffe_id:spiffe://example.org/node'),
      entry('unjudged', 'docker:label:a:b'), // the docker attestor failed
      entry('misspelt', 'unx:uid:1000', 'unx:gid:1000', 'unx:user:web'),
      entry('elsewhere', 'k8s:ns:a', 'k8s:sa:b', 'k8s:pod-name:c', 'k8s:pod-uid:d'), // no attestor here finds these
      entry('near', 'unix:uid:1000', 'docker:label:a:b'),
      entry('match', 'unix:user:web'),
    ];
    const { attestors, candidates, ...sync } = await explain(peer.pid, signal);
    assert.deepEqual(attestors, REPORTS);
    assert.deepEqual(
      candidates.map(({ entryId, missing }) => [entryId, missing.length]),
      [
        ['match', 0],
        ['near', 1],
        ['far', 2],
        ['misspelt', 3],
        ['elsewhere', 4],
      ],
    );
    assert.deepEqual(sync, identities.sync);
    assert.equal(peer.closes, 1);
  });

  it('names at most twenty entries', async () => {
    const { explain, identities } = explained();
    identities.entries = Array.from({ length: 30 }, (_, i) => entry(`e${i}`, 'unix:uid:0'));
    assert.equal((await explain(1, signal)).candidates.length, 20);
  });

  it('lets go of a process that ends meanwhile', async () => {
    const { explain, peer } = explained(async () => Promise.reject(unavailable('the process is gone')));
    await assert.rejects(explain(1, signal), { code: Code.unavailable });
    assert.equal(peer.closes, 1);
  });

  it('passes on that there is no such process', async () => {
    const { identities } = explained();
    const open = (): never => {
      throw notFound('process 7 cannot be looked at: the process is gone');
    };
    const explain = explainProcess({
      peers: { open },
      attestation: { report: async () => REPORTS },
      identities,
    });
    await assert.rejects(explain(7, signal), { code: Code.notFound });
  });
});
