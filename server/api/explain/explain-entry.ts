/** writ.explain.v1.ExplainEntry/ExplainEntry: reads the request, writes the explanation. Listed in routes. */
import type { ExplainEntryRequestOutput } from '../../../proto/gen/writ/explain/v1/ExplainEntryRequest.ts';
import type { ExplainEntryResponse } from '../../../proto/gen/writ/explain/v1/ExplainEntryResponse.ts';
import { invalidArgument } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import {
  type EntryExplanation,
  type ExplainedAgent,
  explainEntry as explain,
  type ExplainEntryParts,
} from '../../explain/explain-entry.ts';
import type { CallContext } from '../gate/context.ts';
import { confirmDenial, type IndexRefresh } from '../sync/position.ts';
import { entryWriter } from '../wire/entry.ts';
import { selectorsToWire } from '../wire/selectors.ts';

export interface ExplainEntryNeeds extends ExplainEntryParts {
  readonly refresh: IndexRefresh;
}

export const explainEntry = (needs: ExplainEntryNeeds): Handler<CallContext> =>
  unary(async ({ entry_id: id }: ExplainEntryRequestOutput): Promise<ExplainEntryResponse> => {
    if (id === '') throw invalidArgument('missing entry ID');
    await confirmDenial(needs.refresh); // all of an explanation is denials
    return toResponse(await explain(needs, id));
  });

const toResponse = (explanation: EntryExplanation): ExplainEntryResponse => ({
  entry: entryWriter(null)(explanation.entry),
  parents: [...explanation.parents],
  faults: [...explanation.faults],
  agents: explanation.agents.map(agentToWire),
  agents_authorized: explanation.authorizedCount,
  agents_looked_at: explanation.lookedAtCount,
  agents_total: explanation.totalCount,
});

const agentToWire = ({ agent, obstacle }: ExplainedAgent) => ({
  spiffe_id: agent.id.toString(),
  obstacle: obstacle?.why ?? '',
  alias_id: obstacle?.closest?.alias.id ?? '',
  missing: selectorsToWire(obstacle?.closest?.missing ?? []),
});
