/**
 * The only door to Postgres. Stores send single reads through `query` and every deed through `transaction`.
 * No session state (a transaction pooler may stand between): statements are unnamed, settings are local to their
 * transaction. Nothing waits for ever: connecting, statements and idle transactions have limits on both sides.
 */
import type { ClientConfig, QueryResultRow } from 'pg';
import { Pool, types } from 'pg';
import { systemClock } from '../../shared/clock.ts';
import { Code, CodedError, internal, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { isConflict, isConnectionLoss, isTimeout, toCodedError, Unconfirmed } from './database-errors.ts';
import { type Link, send } from './send.ts';
import { Silence, type Try } from './silence.ts';

export interface Queryable {
  /** Throws CodedError; Unavailable with DATABASE_UNAVAILABLE when the database does not answer. */
  query<Row extends QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** `snapshot`: repeatable read, read only, and run once: its reader has begun to consume. */
export type Isolation = 'read committed' | 'snapshot';

export interface DatabaseOptions {
  readonly client: ClientConfig;
  readonly maxOpenConnections: number;
  readonly statementTimeoutMs?: number;
  /** Absent: connections live on. */
  readonly connectionMaxLifetimeSeconds?: number;
}

const STATEMENT_TIMEOUT_MS = 10_000;
/** The server gives up first, so that an abandoned statement frees its locks. */
const SERVER_SHARE = 0.9;
const ATTEMPTS = 5;
/** Whoever won a conflict goes on first: an attempt at once could take the lock that it waits for, and deadlock again. */
const RETRY_PAUSE_MS = 25;
const IDLE_MS = 30_000;
/** Calls that wait for a connection; more would only wait in vain. */
const WAITING_MAX = 1_000;

/** int8 as number: row ids, change numbers and counts stay below 2^53. */
const typeParsers = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
    oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format),
};

export class Database implements Queryable {
  readonly #pool: Pool;
  readonly #silence: Silence;
  readonly #timeoutMs: number;
  readonly #begin: Readonly<Record<Isolation, string>>;

  constructor(options: DatabaseOptions, log: Logger) {
    this.#silence = new Silence(log);
    const timeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
    this.#timeoutMs = timeoutMs;
    this.#pool = new Pool({
      ...options.client,
      max: options.maxOpenConnections,
      idleTimeoutMillis: IDLE_MS,
      maxLifetimeSeconds: options.connectionMaxLifetimeSeconds ?? 0, // 0: for ever
      types: typeParsers,
    });
    this.#pool.on('error', (error) => {
      if (this.#pool.ending) return; // the pool does not wait for connections that it ends
      log.warn('an idle database connection ended', { reason: messageOf(error) });
    });
    const limits = localLimits(Math.ceil(timeoutMs * SERVER_SHARE));
    this.#begin = {
      'read committed': `begin isolation level read committed read write; ${limits}`,
      snapshot: `begin isolation level repeatable read read only; ${limits}`,
    };
  }

  /** One reading statement, on the primary; sent again when the connection broke. */
  query<Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#attempt(isConnectionLoss, async (link) => (await send<Row>(link, sql, values)).rows);
  }

  /**
   * Runs `deed` in one transaction and commits. `deed` may run more than once, each time on a fresh transaction: after
   * a conflict, and after the connection broke before COMMIT was sent (then nothing was done). When it broke during
   * COMMIT, or nothing came back in time, it is not known whether it was done: Unavailable (OUTCOME_UNKNOWN) is thrown.
   */
  transaction<T>(isolation: Isolation, deed: (tx: Queryable) => Promise<T>): Promise<T> {
    let isCommitting = false;
    const mayRetry = (error: unknown): boolean =>
      isolation !== 'snapshot' && (isConflict(error) || (!isCommitting && isConnectionLoss(error)));
    return this.#attempt(mayRetry, async (link) => {
      isCommitting = false;
      await send(link, this.#begin[isolation]);
      const result = await deed(openTransaction(link));
      isCommitting = true;
      await commit(link);
      return result;
    });
  }

  /** Whether a pooler stands between: it names a process in the handshake that is not the one that answers. */
  isPooled(): Promise<boolean> {
    return this.#attempt(isConnectionLoss, async (link) => {
      const { client } = link;
      const { rows } = await send<{ pid: number }>(link, 'select pg_backend_pid() as pid');
      return !('processID' in client && client.processID === rows[0]?.pid);
    });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #attempt<T>(mayRetry: (error: unknown) => boolean, deed: (link: Link) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#onClient(deed);
      } catch (error) {
        const raw = rawOf(error);
        if (attempt >= ATTEMPTS || !mayRetry(raw))
          throw error instanceof Unconfirmed ? error : toCodedError(raw);
      }
      await systemClock.sleep(RETRY_PAUSE_MS * 2 ** (attempt - 1));
    }
  }

  /** Throws at once where the database is known to be silent, or too many wait for it already. */
  async #onClient<T>(deed: (link: Link) => Promise<T>): Promise<T> {
    if (this.#pool.waitingCount >= WAITING_MAX) throw tooManyWait();
    const turn = this.#silence.begin();
    try {
      const result = await this.#run(deed, turn);
      turn.answered();
      return result;
    } catch (error) {
      if (isTimeout(rawOf(error))) turn.unanswered();
      else turn.answered();
      throw error;
    } finally {
      turn.end();
    }
  }

  async #run<T>(deed: (link: Link) => Promise<T>, turn: Try): Promise<T> {
    const client = await this.#pool.connect();
    // Between two statements of a transaction the pool does not listen, and an unheard error would end the process.
    const ignore = (): void => {};
    client.on('error', ignore);
    const link = { client, timeoutMs: this.#timeoutMs, turn };
    let isHealthy = false;
    try {
      const result = await deed(link);
      isHealthy = true;
      return result;
    } catch (error) {
      isHealthy = await rollback(link, error);
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(!isHealthy);
    }
  }
}

/** Carries a driver's error through the code of a deed, so that the retry decision sees the original. */
class Carried extends CodedError {
  constructor(error: unknown) {
    const coded = toCodedError(error);
    super(coded.code, coded.message, { reason: coded.reason, cause: error });
  }
}

const rawOf = (error: unknown): unknown =>
  error instanceof Carried || error instanceof Unconfirmed ? error.cause : error;

const tooManyWait = (): CodedError =>
  new CodedError(Code.unavailable, 'too many calls wait for the database', {
    reason: 'DATABASE_UNAVAILABLE',
  });

async function commit(link: Link): Promise<void> {
  const { command } = await send(link, 'commit').catch((error: unknown) => {
    throw isConnectionLoss(error) || isTimeout(error) ? new Unconfirmed(error) : error;
  });
  // A transaction in which a statement failed answers COMMIT with ROLLBACK and no error.
  if (command !== 'COMMIT') throw internal('transaction was rolled back at its end');
}

const openTransaction = (link: Link): Queryable => ({
  query: async <Row extends QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<Row[]> => {
    try {
      const { rows } = await send<Row>(link, sql, values);
      link.turn.answered();
      return rows;
    } catch (error) {
      throw new Carried(error);
    }
  },
});

/** True when the connection can be used again. A server's own refusal leaves it usable; anything else does not. */
async function rollback(link: Link, error: unknown): Promise<boolean> {
  const raw = rawOf(error);
  const isRefusal =
    raw instanceof CodedError || (raw instanceof Error && 'severity' in raw && raw.severity === 'ERROR');
  if (!isRefusal || isConnectionLoss(raw)) return false;
  if (link.client.getTransactionStatus() === 'I') return true;
  return send(link, 'rollback').then(
    () => true,
    () => false,
  );
}

/** SET LOCAL ends with its transaction, so a pooler may give the connection to another afterwards. */
const localLimits = (ms: number): string =>
  `set local statement_timeout = ${ms}; set local lock_timeout = ${ms}; ` +
  `set local idle_in_transaction_session_timeout = ${ms}`;

/** Throws Unavailable when the database does not answer or cannot be written to. */
export async function checkHealth(database: Queryable): Promise<void> {
  const [row] = await database.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
  if (row?.standby !== false) {
    throw new CodedError(Code.unavailable, 'database is a standby', { reason: 'DATABASE_UNAVAILABLE' });
  }
}

/** By the clock of the machine that it runs on. */
export async function databaseNow(database: Queryable): Promise<Date> {
  const [row] = await database.query<{ now: Date }>('select clock_timestamp() as now');
  if (row === undefined) throw new CodedError(Code.unavailable, 'database did not say what time it is');
  return row.now;
}
