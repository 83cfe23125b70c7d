/** An answer that is made anew now and then, once for all who ask meanwhile. Used by the Debug APIs. */
import type { Clock } from './clock.ts';

/** A failure is not kept. */
export function remembered<T>(ms: number, clock: Clock, make: () => Promise<T>): () => Promise<T> {
  let madeMs = Number.NEGATIVE_INFINITY;
  let answer: Promise<T> | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (answer !== undefined && nowMs - madeMs < ms) return answer;
    madeMs = nowMs;
    const made = make();
    answer = made;
    made.catch(() => {
      if (answer === made) answer = undefined;
    });
    return made;
  };
}
