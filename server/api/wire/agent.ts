/** T.Agent of a node, and the filter of agent lists. */
import type { Agent } from '../../../proto/gen/spire/api/types/Agent.ts';
import type { AgentFilterOutput } from '../../../proto/gen/spire/api/server/agent/v1/AgentFilter.ts';
import type { AgentMaskOutput } from '../../../proto/gen/spire/api/types/AgentMask.ts';
import type { SPIFFEIDOutput } from '../../../proto/gen/spire/api/types/SPIFFEID.ts';
import { unixSeconds } from '../../../shared/clock.ts';
import { invalidArgument } from '../../../shared/errors.ts';
import type { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { Node } from '../../nodes/node.ts';
import type { NodeFilter } from '../../nodes/node-store.ts';
import { type FieldReaders, maskedWriter } from './mask.ts';
import { selectorMatchFromWire, selectorsToWire } from './selectors.ts';
import { spiffeIdFromWire, spiffeIdToWire } from './spiffe-id.ts';

const FIELDS: FieldReaders<Node, keyof AgentMaskOutput> = {
  attestation_type: (node) => node.attestationType,
  x509svid_serial_number: (node) => node.current?.serialNumber ?? '',
  x509svid_expires_at: ({ current, bannedExpiresAt }) => {
    const expiresAt = current?.expiresAt ?? bannedExpiresAt;
    return expiresAt === undefined ? 0 : unixSeconds(expiresAt);
  },
  selectors: (node) => selectorsToWire(node.selectors),
  banned: (node) => node.current === undefined,
  can_reattest: (node) => node.canReattest,
  agent_version: (node) => node.agentVersion,
};

export const agentWriter = (mask: AgentMaskOutput | null): ((node: Node) => Agent) =>
  maskedWriter<Node, keyof AgentMaskOutput, Agent>(({ id }) => ({ id: spiffeIdToWire(id) }), FIELDS, mask);

/** Throws InvalidArgument unless it is an ID of this trust domain. */
export function agentIdFromWire(wire: SPIFFEIDOutput | null, trustDomain: TrustDomain): SpiffeId {
  const id = spiffeIdFromWire(wire, 'invalid agent ID');
  if (id.isMemberOf(trustDomain)) return id;
  throw invalidArgument(`invalid agent ID: "${id}" is not a member of trust domain "${trustDomain}"`);
}

/** Throws InvalidArgument on a malformed selector set or time. */
export function agentFilterFromWire(wire: AgentFilterOutput | null): NodeFilter {
  if (wire === null) return {};
  return {
    ...(wire.by_attestation_type === '' ? {} : { byAttestationType: wire.by_attestation_type }),
    ...(wire.by_selector_match === null
      ? {}
      : { bySelectors: selectorMatchFromWire(wire.by_selector_match) }),
    ...(wire.by_banned === null ? {} : { byBanned: wire.by_banned.value }),
    ...(wire.by_can_reattest === null ? {} : { byCanReattest: wire.by_can_reattest.value }),
    ...(wire.by_expires_before === '' ? {} : { byExpiresBefore: parseExpiresBefore(wire.by_expires_before) }),
  };
}

/** `2006-01-02 15:04:05 -0700 -07`, the layout that SPIRE's command line sends. */
const LAYOUT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d) [+-]\d\d(?:\d\d)?$/;

function parseExpiresBefore(text: string): Date {
  const [, day, time, hours, minutes] = LAYOUT.exec(text) ?? [];
  const at = new Date(`${day}T${time}${hours}:${minutes}`);
  if (day === undefined || Number.isNaN(at.getTime())) {
    throw invalidArgument('failed to parse expires before: it must be like "2006-01-02 15:04:05 -0700 -07"');
  }
  return at;
}
