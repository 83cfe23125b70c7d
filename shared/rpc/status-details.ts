/**
 * What grpc-status-details-bin says of an error: why a call was denied, as SPIRE's PermissionDeniedDetails, and when to ask
 * again, as google.rpc.RetryInfo. Used by both clients and status.
 */
import type { CodedError, Reason } from '../errors.ts';
import { messageType } from './messages.ts';

export const DETAILS_KEY = 'grpc-status-details-bin';
const STATUS = 'google.rpc.Status';
const DENIED = 'spire.api.types.PermissionDeniedDetails';
const RETRY = 'google.rpc.RetryInfo';
const NANOS_PER_MS = 1_000_000;
const AGENT_REASONS: readonly Reason[] = [
  'AGENT_EXPIRED',
  'AGENT_NOT_ATTESTED',
  'AGENT_NOT_ACTIVE',
  'AGENT_BANNED',
  'AGENT_MUST_REATTEST',
];

/** Undefined where the error has nothing that travels. */
export function detailsOf(
  { code, reason, retryAfterMs }: CodedError,
  message: string,
): Uint8Array | undefined {
  const details = [
    ...(AGENT_REASONS.includes(reason) ? [packed(DENIED, { reason })] : []),
    ...(retryAfterMs === undefined ? [] : [packed(RETRY, { retry_delay: durationOf(retryAfterMs) })]),
  ];
  return details.length === 0 ? undefined : messageType(STATUS).encode({ code, message, details });
}

const packed = (type: string, value: object) => ({
  type_url: `type.googleapis.com/${type}`,
  value: messageType(type).encode(value),
});

const durationOf = (ms: number) => ({
  seconds: String(Math.floor(ms / 1_000)),
  nanos: Math.floor(ms % 1_000) * NANOS_PER_MS,
});

/** What the details of an error say. */
export interface ErrorDetails {
  readonly reason: Reason;
  readonly retryAfterMs: number | undefined;
}

const NOTHING: ErrorDetails = { reason: 'UNSPECIFIED', retryAfterMs: undefined };

/** Details that cannot be read add nothing to the status itself. */
export function readDetails(details: Uint8Array | undefined): ErrorDetails {
  try {
    return details === undefined ? NOTHING : read(details);
  } catch {
    return NOTHING;
  }
}

interface StatusOutput {
  readonly details: readonly { readonly type_url: string; readonly value: Buffer }[];
}

function read(bytes: Uint8Array): ErrorDetails {
  const { details } = messageType(STATUS).decode(bytes) as StatusOutput;
  const unpacked = <T>(type: string): T | undefined => {
    const found = details.find((detail) => detail.type_url.endsWith(`/${type}`));
    return found && (messageType(type).decode(found.value) as T);
  };
  const reason = unpacked<{ reason: string }>(DENIED)?.reason;
  const delay = unpacked<{ retry_delay: { seconds: string; nanos: number } | null }>(RETRY)?.retry_delay;
  return {
    reason: AGENT_REASONS.find((known) => known === reason) ?? 'UNSPECIFIED',
    retryAfterMs: delay ? Number(delay.seconds) * 1_000 + delay.nanos / NANOS_PER_MS : undefined,
  };
}
