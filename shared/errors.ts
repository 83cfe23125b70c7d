/** Errors that carry a gRPC status. Everything that refuses something throws one; shared/rpc/status maps it to the wire. */

/** gRPC status codes (grpc/status codes, same numbers). */
export const Code = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;
export type Code = (typeof Code)[keyof typeof Code];

/** Machine-readable causes. The AGENT_* ones travel as spire.api.types.PermissionDeniedDetails. */
export type Reason =
  | 'AGENT_EXPIRED'
  | 'AGENT_NOT_ATTESTED'
  | 'AGENT_NOT_ACTIVE'
  | 'AGENT_BANNED'
  | 'AGENT_MUST_REATTEST'
  | 'NO_IDENTITY_ISSUED'
  | 'DATABASE_UNAVAILABLE'
  | 'OUTCOME_UNKNOWN'
  | 'SERVER_BEHIND'
  | 'UNSPECIFIED';

export interface CodedErrorOptions {
  readonly reason?: Reason;
  readonly cause?: unknown;
  /** When it is worth asking again; travels as google.rpc.RetryInfo. */
  readonly retryAfterMs?: number | undefined;
}

/** An error with a gRPC code and a message fit for the caller to read: no secrets, ids and hashes only. */
export class CodedError extends Error {
  readonly code: Code;
  readonly reason: Reason;
  readonly retryAfterMs: number | undefined;

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'CodedError';
    this.code = code;
    this.reason = options.reason ?? 'UNSPECIFIED';
    this.retryAfterMs = options.retryAfterMs;
  }
}

export const invalidArgument = (message: string, options?: CodedErrorOptions): CodedError =>
  new CodedError(Code.invalidArgument, message, options);
export const notFound = (message: string, options?: CodedErrorOptions): CodedError =>
  new CodedError(Code.notFound, message, options);
export const permissionDenied = (message: string, options?: CodedErrorOptions): CodedError =>
  new CodedError(Code.permissionDenied, message, options);
export const unavailable = (message: string, options?: CodedErrorOptions): CodedError =>
  new CodedError(Code.unavailable, message, options);
export const internal = (message: string, options?: CodedErrorOptions): CodedError =>
  new CodedError(Code.internal, message, options);

/** The error again, with what was being done; the rest of it stays, an unknown error becomes Internal. */
export function withContext(what: string, cause: unknown): CodedError {
  const message = `${what}: ${messageOf(cause)}`;
  return cause instanceof CodedError
    ? new CodedError(cause.code, message, { reason: cause.reason, retryAfterMs: cause.retryAfterMs, cause })
    : new CodedError(Code.internal, message, { cause });
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Ends a switch over a union: reaching it is a bug. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
