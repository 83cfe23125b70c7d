/** CodedError to gRPC status and back, in the shapes of the gRPC library. Used by server-call and client. */
import { Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { Code, CodedError, messageOf } from '../errors.ts';
import { DETAILS_KEY, detailsOf, type ErrorDetails, readDetails } from './status-details.ts';

const MESSAGE_MAX_CHARS = 1_024; // C-core clients take 8 KB of trailers, in which the message may stand twice

export type WireStatus = Pick<StatusObject, 'code' | 'details' | 'metadata'>;

/** Anything thrown, as it may leave: an error that is not ours says only "internal". */
export function toStatus(error: unknown): WireStatus {
  if (!(error instanceof CodedError))
    return { code: Code.internal, details: 'internal', metadata: new Metadata() };
  const details = sendable(error.message);
  return { code: error.code, details, metadata: metadataOf(error, details) };
}

/**
 * A message may echo what a caller sent. Half a surrogate pair would make the library throw, and trailers that are too
 * long would cost the caller its whole connection.
 */
const sendable = (message: string): string =>
  (message.length > MESSAGE_MAX_CHARS ? `${message.slice(0, MESSAGE_MAX_CHARS)}…` : message).toWellFormed();

function metadataOf(error: CodedError, message: string): Metadata {
  const metadata = new Metadata();
  const details = detailsOf(error, message);
  if (details !== undefined) metadata.set(DETAILS_KEY, Buffer.from(details));
  return metadata;
}

/** What a client caught, as a CodedError; the reason is read from the details where a server sent them. */
export function fromStatus(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  if (!isServiceError(error)) return new CodedError(Code.unknown, messageOf(error), { cause: error });
  return new CodedError(codeOf(error.code), error.details, { ...detailsIn(error.metadata), cause: error });
}

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;

const codeOf = (code: number): Code => Object.values(Code).find((known) => known === code) ?? Code.unknown;

const detailsIn = (metadata: Metadata | undefined): ErrorDetails => {
  const [details] = metadata?.get(DETAILS_KEY) ?? [];
  return readDetails(details instanceof Buffer ? details : undefined);
};
