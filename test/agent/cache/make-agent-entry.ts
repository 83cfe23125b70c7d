/** Entries as an agent sees them, for tests. */
import type { AgentEntry } from '../../../agent/cache/agent-entry.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';

type Changes = Partial<Omit<AgentEntry, 'selectors' | 'spiffeId'>> & {
  readonly id: string;
  readonly selectors?: readonly string[];
  readonly path?: string;
};

export const makeAgentEntry = ({ selectors = ['unix:uid:1'], path, ...changes }: Changes): AgentEntry => ({
  spiffeId: SpiffeId.parse(`spiffe://example.org${path ?? `/${changes.id}`}`),
  selectors: selectors.map(parseSelector),
  federatesWith: [],
  hint: '',
  revisionNumber: 0,
  createdAt: new Date('2026-01-01T00:00:00Z'),
  admin: false,
  downstream: false,
  storeSvid: false,
  disableX509SvidPrefetch: false,
  jwtSvidIncludeJti: false,
  ...changes,
});
