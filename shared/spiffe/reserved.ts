/** IDs that SPIRE reserves below /spire (SPIRE: reserved paths). */
import { invalidArgument } from '../errors.ts';
import { SpiffeId } from './spiffe-id.ts';
import type { TrustDomain } from './trust-domain.ts';

export const serverId = (trustDomain: TrustDomain): SpiffeId => SpiffeId.of(trustDomain, '/spire/server');

/** `spiffe://td/spire/agent/<path>`; the path begins with the attestor's name. */
export const agentId = (trustDomain: TrustDomain, path: string): SpiffeId =>
  SpiffeId.of(trustDomain, `/spire/agent/${path}`);

export const isReserved = (id: SpiffeId): boolean => id.path === '/spire' || id.path.startsWith('/spire/');

export const isAgentId = (id: SpiffeId): boolean => id.path.startsWith('/spire/agent/');

/** Throws unless the ID is one that a workload of this trust domain may bear. */
export function checkWorkloadId(id: SpiffeId, trustDomain: TrustDomain): SpiffeId {
  if (!id.isMemberOf(trustDomain)) {
    throw invalidArgument(`"${id}" is not a member of trust domain "${trustDomain}"`);
  }
  if (id.path === '') throw invalidArgument(`invalid workload ID "${id}": path is empty`);
  if (isReserved(id)) {
    throw invalidArgument(
      `"${id}" is not a valid workload ID: the path is in the reserved namespace "/spire"`,
    );
  }
  return id;
}
