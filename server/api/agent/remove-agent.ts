/** What BanAgent and DeleteAgent have in common. */
import type { SPIFFEIDOutput } from '../../../proto/gen/spire/api/types/SPIFFEID.ts';
import { notFound } from '../../../shared/errors.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { NodeStore } from '../../nodes/node-store.ts';
import { agentIdFromWire } from '../wire/agent.ts';

const CATCH_UP_MS = 1_000;

export interface RemoveAgentNeeds {
  readonly trustDomain: TrustDomain;
  readonly nodes: Pick<NodeStore, 'remove'>;
  /** Keeps the nodes in memory fresh: this server obeys before it answers, the others within a second. */
  readonly refresh: { readNow(timeoutMs: number): Promise<void> };
}

/** Throws NotFound "agent not found". */
export async function removeAgent(
  { trustDomain, nodes, refresh }: RemoveAgentNeeds,
  wire: SPIFFEIDOutput | null,
  how: 'ban' | 'evict',
): Promise<Record<string, never>> {
  if (!(await nodes.remove(agentIdFromWire(wire, trustDomain), how))) throw notFound('agent not found');
  await refresh.readNow(CATCH_UP_MS).catch(() => {}); // done all the same; memory follows
  return {};
}
