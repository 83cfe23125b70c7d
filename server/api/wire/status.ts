/** T.Status: what became of one item of a batch. */
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { Code, CodedError } from '../../../shared/errors.ts';

export const OK: StatusOutput = { code: 0, message: 'OK' };

/** An error that is not ours says only "internal". */
export const statusOf = (error: unknown): StatusOutput =>
  error instanceof CodedError
    ? { code: error.code, message: error.message }
    : { code: Code.internal, message: 'internal' };

/** The outcome; a failure says first what was being done, and of an error that is not ours only "internal". */
export async function doing<T>(what: string, deed: Promise<T>): Promise<T> {
  try {
    return await deed;
  } catch (cause) {
    const { code, reason } =
      cause instanceof CodedError ? cause : { code: Code.internal, reason: 'UNSPECIFIED' as const };
    throw new CodedError(code, `${what}: ${statusOf(cause).message}`, { reason, cause });
  }
}
