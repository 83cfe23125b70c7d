import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ownExplanationText } from '../../../agent/cli/print-own-explanation.ts';
import type { ExplainSelfResponseOutput } from '../../../proto/gen/writ/explain/v1/ExplainSelfResponse.ts';

const ONE: ExplainSelfResponseOutput = {
  selectors: [{ type: 'unix', value: 'uid:1' }],
  failed_attestors: [],
  matching: 1,
  without_svid: 0,
  last_sync_at: '1767225600',
  is_server_away: false,
  kept_at: '0',
};
const SYNCED = 'The agent last synchronised 2026-01-01 00:00:00 +0000 UTC';

const cases: readonly (readonly [string, Partial<ExplainSelfResponseOutput>, readonly RegExp[]])[] = [
  [
    'an entry matches',
    {},
    [/^This process gets 1 identity\.\n/, new RegExp(`${SYNCED.replace('+', '\\+')}\\.\n$`)],
  ],
  [
    'one of two is not signed yet',
    { matching: 2, without_svid: 1 },
    [/^This process gets 2 identities, of which 1 not signed yet\.\n/],
  ],
  [
    'no entry matches',
    { matching: 0 },
    [
      /^This process gets no identity: no entry of this agent asks only for what was found\.\n/,
      /missing, misspelt or expired, or its parent may be another agent/,
    ],
  ],
  [
    'an attestor failed',
    { matching: 0, failed_attestors: ['docker\n'], selectors: [] },
    [/no identity: the attestor docker\\n failed, the agent's log says why\.\n/, /\n {2}nothing\n/],
  ],
  [
    'the agent never had a server',
    { matching: 0, last_sync_at: '0', is_server_away: true },
    [
      /it has never synchronised with a server\.\n/,
      /The agent has not synchronised since it started; its server does not/,
    ],
  ],
  [
    'the server is away',
    { is_server_away: true },
    [/last synchronised 2026-01-01 00:00:00 \+0000 UTC; its server does not answer as it should now\.\n$/],
  ],
  [
    'the agent serves what it kept',
    { last_sync_at: '0', kept_at: '1767225600' },
    [/has not synchronised since it started, and serves what it kept 2026-01-01/],
  ],
  [
    'a process chose the name of its program to deceive',
    { selectors: [{ type: 'unix', value: 'path:/x\n  unix:uid:0' }] },
    [/\n {2}unix:path:\/x\\n {2}unix:uid:0\n/],
  ],
];

describe("a workload's own explanation", () => {
  for (const [what, changes, telling] of cases)
    it(`reads well when ${what}`, () => {
      for (const words of telling) assert.match(ownExplanationText({ ...ONE, ...changes }), words);
    });
});
