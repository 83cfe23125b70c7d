/** CodedError to gRPC status and back, with SPIRE's PermissionDeniedDetails in grpc-status-details-bin. */
import { Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { Code, CodedError, messageOf, type Reason } from '../errors.ts';
import { messageDefinition } from './definitions.ts';

const DETAILS_KEY = 'grpc-status-details-bin';
const STATUS = 'google.rpc.Status';
const DENIED = 'spire.api.types.PermissionDeniedDetails';
const MESSAGE_MAX_CHARS = 1_024; // C-core clients take 8 KB of trailers, in which the message may stand twice
const AGENT_REASONS: readonly Reason[] = [
  'AGENT_EXPIRED',
  'AGENT_NOT_ATTESTED',
  'AGENT_NOT_ACTIVE',
  'AGENT_BANNED',
  'AGENT_MUST_REATTEST',
];

export type WireStatus = Pick<StatusObject, 'code' | 'details' | 'metadata'>;

/** Anything thrown, as it may leave: an error that is not ours says only "internal". */
export function toStatus(error: unknown): WireStatus {
  if (!(error instanceof CodedError))
    return { code: Code.internal, details: 'internal', metadata: new Metadata() };
  const details = sendable(error.message);
  return { code: error.code, details, metadata: detailsOf(error, details) };
}

/**
 * A message may echo what a caller sent. Half a surrogate pair would make the library throw, and trailers that are too
 * long would cost the caller its whole connection.
 */
const sendable = (message: string): string =>
  (message.length > MESSAGE_MAX_CHARS ? `${message.slice(0, MESSAGE_MAX_CHARS)}…` : message).toWellFormed();

function detailsOf(error: CodedError, message: string): Metadata {
  const metadata = new Metadata();
  if (!AGENT_REASONS.includes(error.reason)) return metadata;
  const value = messageDefinition(DENIED).serialize({ reason: error.reason });
  const details = [{ type_url: `type.googleapis.com/${DENIED}`, value }];
  const status = { code: error.code, message, details };
  metadata.set(DETAILS_KEY, messageDefinition(STATUS).serialize(status));
  return metadata;
}

/** What a client caught, as a CodedError; the reason is read from the details where a server sent them. */
export function fromStatus(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  if (!isServiceError(error)) return new CodedError(Code.unknown, messageOf(error), { cause: error });
  return new CodedError(codeOf(error.code), error.details, { reason: reasonOf(error), cause: error });
}

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;

const codeOf = (code: number): Code => Object.values(Code).find((known) => known === code) ?? Code.unknown;

function reasonOf(error: ServiceError): Reason {
  const bytes = error.metadata?.get(DETAILS_KEY)[0];
  if (!(bytes instanceof Buffer)) return 'UNSPECIFIED';
  try {
    return reasonIn(bytes);
  } catch {
    return 'UNSPECIFIED'; // details that cannot be read add nothing to the status itself
  }
}

function reasonIn(bytes: Buffer): Reason {
  const status = messageDefinition(STATUS).deserialize(bytes) as {
    details: { type_url: string; value: Buffer }[];
  };
  const denied = status.details.find((detail) => detail.type_url.endsWith(`/${DENIED}`));
  if (denied === undefined) return 'UNSPECIFIED';
  const { reason } = messageDefinition(DENIED).deserialize(denied.value) as { reason: string };
  return AGENT_REASONS.find((known) => known === reason) ?? 'UNSPECIFIED';
}
