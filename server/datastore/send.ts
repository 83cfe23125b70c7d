/** One statement on one connection, with a limit on how long its answer may take. Called by database.ts alone. */
import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { startTimer } from '../../shared/clock.ts';
import type { Try } from './silence.ts';

export interface Link {
  readonly client: PoolClient;
  /** Of each answer. */
  readonly timeoutMs: number;
  readonly turn: Try;
}

/**
 * Rejects with the driver's error, or with a timeout after which the connection is of no use any more. By callback and
 * with a limit of our own: the driver's promises and its timeout keep rows alive until they leave the young part of the
 * heap, half a gigabyte of them for a million entries.
 */
export function send<Row extends QueryResultRow>(
  { client, timeoutMs }: Link,
  sql: string,
  values: readonly unknown[] = [],
): Promise<QueryResult<Row>> {
  return new Promise((resolve, reject) => {
    const stopTimer = startTimer(timeoutMs, () => reject(new Error('query timeout')));
    client.query<Row>(sql, [...values], (error: Error | null, result) => {
      stopTimer();
      if (error === null) resolve(result);
      else reject(error);
    });
  });
}
