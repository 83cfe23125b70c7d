import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explanationText } from '../../../agent/cli/print-explanation.ts';
import type { ExplainProcessResponseOutput } from '../../../proto/gen/writ/explain/v1/ExplainProcessResponse.ts';

const selector = (text: string) => ({ type: text.split(':')[0] ?? '', value: text.replace(/^\w+:/, '') });
const candidate = (id: string, has_svid: boolean, ...missing: readonly string[]) => ({
  entry_id: id,
  spiffe_id: `spiffe://example.org/${id}`,
  missing: missing.map(selector),
  has_svid,
});
const attestor = (name: string, error: string, ...selectors: readonly string[]) => ({
  name,
  selectors: selectors.map(selector),
  error,
  notes: [],
  took_ms: 1,
});

const NOTHING: ExplainProcessResponseOutput = {
  attestors: [attestor('unix', '', 'unix:uid:1')],
  candidates: [],
  entries_known: 0,
  last_sync_at: '1767225600',
  last_sync_error: '',
  kept_at: '0',
};

const cases: readonly (readonly [string, Partial<ExplainProcessResponseOutput>, string])[] = [
  [
    'there are no entries, and never was a server',
    { last_sync_at: '0', last_sync_error: 'connection refused' },
    `Process 7 gets no identity: no entry asks only for what was found.

What the attestors found:
  unix:uid:1

The agent knows 0 entries; it has never synchronised with a server; the last attempt failed: connection refused
`,
  ],
  [
    'it serves what it kept',
    { last_sync_at: '0', kept_at: '1767225600' },
    `Process 7 gets no identity: no entry asks only for what was found.

What the attestors found:
  unix:uid:1

The agent knows 0 entries; it has not synchronised since it started, and serves what it kept 2026-01-01 00:00:00 +0000 UTC
`,
  ],
  [
    'an attestor failed',
    { attestors: [attestor('unix', 'run it as root'), attestor('docker', '')], entries_known: 1 },
    `Process 7 gets no identity: the attestor unix failed.

What the attestors found:
  unix failed: run it as root
  docker: nothing

1 entry asks for what was not found.

The agent knows 1 entry; last synchronised 2026-01-01 00:00:00 +0000 UTC
`,
  ],
  [
    'attestors tell what they did, and that it took long',
    {
      attestors: [
        { ...attestor('unix', '', 'unix:uid:1'), took_ms: 99 },
        { ...attestor('docker', 'no socket'), notes: ['looked\nfor it'], took_ms: 250 },
        {
          ...attestor('k8s', '', 'k8s:ns:shop'),
          notes: ['its cgroups name container c in pod p'],
          took_ms: 1_500,
        },
      ],
    },
    `Process 7 gets no identity: the attestor docker failed.

What the attestors found:
  unix:uid:1
  docker failed after 0.25 s: no socket
    looked\\nfor it
  k8s after 1.5 s:
    its cgroups name container c in pod p
  k8s:ns:shop

The agent knows 0 entries; last synchronised 2026-01-01 00:00:00 +0000 UTC
`,
  ],
  [
    'several entries match and one is close',
    {
      candidates: [
        candidate('a', true),
        candidate('b', false),
        candidate('c', false, 'unix:gid:2', 'unx:uid:1', 'docker:env:A=b'),
      ],
      entries_known: 4,
    },
    `Process 7 gets 2 identities:
  spiffe://example.org/a (entry a)
  spiffe://example.org/b (entry b, whose SVID is not signed yet)

What the attestors found:
  unix:uid:1

Entries that come closest:
  spiffe://example.org/c (entry c)
    lacks unix:gid:2
    lacks unx:uid:1: "unx" is no selector type; did you mean "unix"?
    lacks docker:env:A=b: this agent has no attestor docker
1 more entry asks for what was not found.

The agent knows 4 entries; last synchronised 2026-01-01 00:00:00 +0000 UTC
`,
  ],
  [
    'a process chose the name of its program to deceive',
    { attestors: [attestor('unix', '', 'unix:path:/tmp/x\n  unix:uid:0')] },
    `Process 7 gets no identity: no entry asks only for what was found.

What the attestors found:
  unix:path:/tmp/x\\n  unix:uid:0

The agent knows 0 entries; last synchronised 2026-01-01 00:00:00 +0000 UTC
`,
  ],
];

describe('an explanation', () => {
  for (const [what, changes, text] of cases) {
    it(`reads well when ${what}`, () => assert.equal(explanationText(7, { ...NOTHING, ...changes }), text));
  }
});
