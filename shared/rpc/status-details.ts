/** Why a call was denied, as SPIRE's PermissionDeniedDetails in grpc-status-details-bin. Used by both clients and status. */
import type { CodedError, Reason } from '../errors.ts';
import { messageType } from './messages.ts';

export const DETAILS_KEY = 'grpc-status-details-bin';
const STATUS = 'google.rpc.Status';
const DENIED = 'spire.api.types.PermissionDeniedDetails';
const AGENT_REASONS: readonly Reason[] = [
  'AGENT_EXPIRED',
  'AGENT_NOT_ATTESTED',
  'AGENT_NOT_ACTIVE',
  'AGENT_BANNED',
  'AGENT_MUST_REATTEST',
];

/** Undefined where the error has no reason that travels. */
export function detailsOf({ code, reason }: CodedError, message: string): Uint8Array | undefined {
  if (!AGENT_REASONS.includes(reason)) return undefined;
  const value = messageType(DENIED).encode({ reason });
  return messageType(STATUS).encode({
    code,
    message,
    details: [{ type_url: `type.googleapis.com/${DENIED}`, value }],
  });
}

/** Details that cannot be read add nothing to the status itself. */
export function reasonIn(details: Uint8Array | undefined): Reason {
  try {
    return details === undefined ? 'UNSPECIFIED' : readReason(details);
  } catch {
    return 'UNSPECIFIED';
  }
}

function readReason(bytes: Uint8Array): Reason {
  const status = messageType(STATUS).decode(bytes) as { details: { type_url: string; value: Buffer }[] };
  const denied = status.details.find((detail) => detail.type_url.endsWith(`/${DENIED}`));
  if (denied === undefined) return 'UNSPECIFIED';
  const { reason } = messageType(DENIED).decode(denied.value) as { reason: string };
  return AGENT_REASONS.find((known) => known === reason) ?? 'UNSPECIFIED';
}
