/** writ.explain.v1.Explain/ExplainProcess: reads the request, writes the explanation. Listed in routes. */
import type { ExplainProcessRequestOutput } from '../../proto/gen/writ/explain/v1/ExplainProcessRequest.ts';
import type { ExplainProcessResponse } from '../../proto/gen/writ/explain/v1/ExplainProcessResponse.ts';
import { unixSeconds } from '../../shared/clock.ts';
import { invalidArgument } from '../../shared/errors.ts';
import { type Handler, unary } from '../../shared/rpc/handler.ts';
import type { Explanation, ExplainProcess } from '../explain/explain-process.ts';
import type { AdminContext } from './gate.ts';

export const explainProcess = (explain: ExplainProcess): Handler<AdminContext> =>
  unary(async ({ pid }: ExplainProcessRequestOutput, { signal }: AdminContext) => {
    if (pid <= 0) throw invalidArgument('pid must be positive');
    return toResponse(await explain(pid, signal));
  });

const toResponse = (explanation: Explanation): ExplainProcessResponse => ({
  attestors: explanation.attestors.map(({ name, selectors, error, notes, tookMs }) => ({
    name,
    selectors: [...selectors],
    error: error ?? '',
    notes: [...notes],
    took_ms: Math.round(tookMs),
  })),
  candidates: explanation.candidates.map(({ entryId, spiffeId, missing, hasSvid }) => ({
    entry_id: entryId,
    spiffe_id: spiffeId.toString(),
    missing: [...missing],
    has_svid: hasSvid,
  })),
  entries_known: explanation.entriesKnown,
  last_sync_at: explanation.lastSyncAt === undefined ? 0 : unixSeconds(explanation.lastSyncAt),
  last_sync_error: explanation.lastSyncError ?? '',
  kept_at: explanation.keptAt === undefined ? 0 : unixSeconds(explanation.keptAt),
});
