/** writ.explain.v1.ExplainSelf/ExplainSelf: tells the caller what it may know about itself. Listed in routes. */
import type { ExplainSelfResponse } from '../../proto/gen/writ/explain/v1/ExplainSelfResponse.ts';
import { unixSeconds } from '../../shared/clock.ts';
import { type Handler, unary } from '../../shared/rpc/handler.ts';
import type { ExplainSelf } from '../explain/explain-self.ts';
import type { WorkloadContext } from './gate.ts';

export const explainSelf = (explain: ExplainSelf): Handler<WorkloadContext> =>
  unary(async (_request: object, { peer, signal }: WorkloadContext): Promise<ExplainSelfResponse> => {
    const found = await explain(peer, signal);
    return {
      selectors: [...found.selectors],
      failed_attestors: [...found.failedAttestors],
      matching: found.matching,
      without_svid: found.withoutSvid,
      last_sync_at: secondsOf(found.lastSyncAt),
      is_server_away: found.isServerAway,
      kept_at: secondsOf(found.keptAt),
    };
  });

const secondsOf = (at: Date | undefined): number => (at === undefined ? 0 : unixSeconds(at));
