/** Ends what a caller keeps open too long. Called by the handlers of bidirectional streams. */
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError } from '../../shared/errors.ts';

/** One for all: each call would make its own, with a stack. */
const DONE = new Error('the work is done');

/** What `work` gives. Throws DeadlineExceeded when it takes longer; `work` itself is not stopped. */
export async function withinTime<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = clock.sleep(ms, done.signal).then(() => {
    throw new CodedError(Code.deadlineExceeded, `call took longer than ${ms / 1_000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    done.abort(DONE);
    late.catch(() => {});
    work.catch(() => {});
  }
}
