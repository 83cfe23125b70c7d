import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { explainSelf } from '../../../agent/explain/explain-self.ts';
import type { ExplainSelfDefinition } from '../../../proto/gen/writ/explain/v1/ExplainSelf.ts';
import { Code, unavailable } from '../../../shared/errors.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { Door, HEADER } from './door.ts';

const SECRET = 'unix socket /run/secret.sock does not answer';
const entry = (name: string, hasSvid: boolean, ...selectors: readonly string[]) => ({
  entryId: name,
  spiffeId: SpiffeId.parse(`spiffe://example.org/${name}`),
  hasSvid,
  selectors: selectors.map(parseSelector),
});

describe('ExplainSelf', () => {
  let door: Door;
  beforeEach(async () => {
    door = new Door({ rates: { calls: { perSecond: 1, burst: 2 } } });
    await door.start();
    door.identities.entries = [
      entry('own', true, 'unix:uid:1000'),
      entry('unsigned', false, 'unix:uid:1000', 'unix:user:web'),
      entry('secret', true, 'unix:uid:1000', 'unix:path:/opt/secret'),
    ];
    door.identities.sync = {
      entriesKnown: 3,
      lastSyncAt: new Date('2026-01-01T00:00:00Z'),
      lastSyncError: 'secret.example.org does not answer',
    };
    door.explain = explainSelf({
      attestation: {
        report: async () => [
          {
            name: 'unix',
            selectors: ['unix:uid:1000', 'unix:user:web'].map(parseSelector),
            error: undefined,
            notes: [SECRET],
            tookMs: 0,
          },
          { name: 'docker', selectors: [], error: SECRET, notes: [], tookMs: 0 },
        ],
      },
      identities: door.identities,
    });
  });
  afterEach(() => door.stop());
  const ask = (options = HEADER) =>
    new ServiceClient<ExplainSelfDefinition>('writ.explain.v1.ExplainSelf', door.channel()).unary(
      'ExplainSelf',
      {},
      options,
    );

  it('tells a process what was found out about it and how many entries match, and nothing else', async () => {
    assert.deepEqual(await ask(), {
      selectors: [
        { type: 'unix', value: 'uid:1000' },
        { type: 'unix', value: 'user:web' },
      ],
      failed_attestors: ['docker'],
      matching: 2,
      without_svid: 1,
      last_sync_at: '1767225600',
      is_server_away: true,
      kept_at: '0',
    });
  });

  it('wants the header that every call of the Workload API has', () =>
    assert.rejects(ask({ metadata: {} as { 'workload.spiffe.io': string } }), {
      code: Code.invalidArgument,
      message: 'security header missing from request',
    }));

  it('counts as a call of its user', async () => {
    await ask();
    await ask();
    await assert.rejects(ask(), { code: Code.unavailable });
  });

  it('tells nothing to a process that is gone', async () => {
    door.explain = explainSelf({
      attestation: { report: async () => Promise.reject(unavailable('the process is gone')) },
      identities: door.identities,
    });
    await assert.rejects(ask(), { code: Code.unavailable, message: 'the process is gone' });
  });
});
