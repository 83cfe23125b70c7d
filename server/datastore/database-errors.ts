/** From errors of the driver to CodedErrors. Values of rows and parameters never pass. Called by database.ts. */
import { DatabaseError } from 'pg';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';

type Mapping = readonly [code: Code, message: string];

const gone = (message: string): Mapping => [Code.unavailable, message];

/** By SQLSTATE, or by its class (first two characters). PostgreSQL appendix A. */
const MAPPINGS: Readonly<Record<string, Mapping>> = {
  '08': gone('connection to the database was lost'),
  '28': gone('database refused the login'),
  '3D': gone('database does not exist'),
  '40': gone('database found no order for concurrent changes, try again'),
  '53': gone('database is out of resources'),
  '57': gone('database is stopping or starting'),
  '58': gone('database has a problem with its files'),
  '25006': gone('database is read-only: it is a standby'),
  '25P03': gone('database ended a transaction that idled'),
  '25P04': gone('database ended a transaction that took too long'),
  '53100': gone('database has no disk space left'),
  '53300': gone('database has no free connections'),
  '55P03': gone('database did not give a lock in time'),
  '57014': gone('database did not answer in time'),
  '23505': [Code.alreadyExists, 'a row with this key exists'],
  '22021': [Code.invalidArgument, 'text holds bytes that the database cannot store'],
  '22P02': [Code.invalidArgument, 'text holds characters that the database cannot store'],
  '22P05': [Code.invalidArgument, 'text holds characters that the database cannot store'],
  '54000': [Code.invalidArgument, 'value is too long to be stored'],
};

/** SQLSTATEs after which the whole transaction was rolled back and may simply run again. */
const RETRIABLE = new Set(['40001', '40P01']);

/** The database rolled the transaction back in favour of another. */
export const isConflict = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code !== undefined && RETRIABLE.has(error.code);

/** The connection is gone (the server did not send the error, or sent it while closing), not merely slow. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof CodedError) return false;
  if (!(error instanceof DatabaseError)) {
    return error instanceof Error && LOSS.test(lossText(error)) && !isTimeout(error);
  }
  return /^(08|57P0)/.test(error.code ?? '');
}

/** Nothing came back in time: what the driver says when its own limits are over. */
export const isTimeout = (error: unknown): boolean =>
  error instanceof Error &&
  !(error instanceof DatabaseError) &&
  !(error instanceof CodedError) &&
  /timeout/i.test(error.message);

/** A commit without an answer: nobody can tell whether it was done. Carries the driver's error. */
export class Unconfirmed extends CodedError {
  constructor(cause: unknown) {
    super(
      Code.unavailable,
      'database did not confirm the change, which may or may not be done: look, or do it again',
      { reason: 'OUTCOME_UNKNOWN', cause },
    );
  }
}

/** What the driver and the socket say when a connection breaks: node-postgres has no codes for its own errors. */
const LOSS =
  /Connection terminated|not queryable|ECONNRESET|ECONNREFUSED|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN/;

const lossText = (error: Error): string => `${'code' in error ? String(error.code) : ''} ${error.message}`;

/** A CodedError stays as it is; everything else becomes one, with a cause that holds no values. */
export function toCodedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  if (error instanceof DatabaseError) return fromDatabase(error);
  const reason = { reason: 'DATABASE_UNAVAILABLE', cause: error } as const;
  if (isConnectionLoss(error)) return new CodedError(Code.unavailable, 'cannot reach the database', reason);
  if (/after calling end/.test(messageOf(error)))
    return new CodedError(Code.unavailable, 'database is closed', reason);
  if (isTimeout(error)) {
    return new CodedError(Code.unavailable, 'database did not answer in time', reason);
  }
  if (/SSL|certificate|TLS/i.test(messageOf(error))) {
    return new CodedError(Code.unavailable, `no TLS with the database: ${messageOf(error)}`, reason);
  }
  return new CodedError(Code.internal, 'unexpected error of the database driver', { cause: error });
}

function fromDatabase(error: DatabaseError): CodedError {
  const state = error.code ?? '';
  const cause = new Error(describe(error, state));
  const [code, message] = MAPPINGS[state] ??
    MAPPINGS[state.slice(0, 2)] ?? [Code.internal, `database error ${state}`];
  return code === Code.unavailable
    ? new CodedError(code, message, { reason: 'DATABASE_UNAVAILABLE', cause })
    : new CodedError(code, message, { cause });
}

/** Messages of classes 22 (data) and 23 (constraints) repeat values; the others speak of names only. */
function describe(error: DatabaseError, state: string): string {
  const holdsValues = state.startsWith('22') || state.startsWith('23');
  const where = [error.table, error.constraint].filter((part) => part !== undefined).join(' ');
  return `SQLSTATE ${state}: ${holdsValues ? `constraint or value refused ${where}`.trimEnd() : error.message}`;
}
