/** Some callers at a time, each with its next deed when the last is done. Used by benches. */
import { monotonicMs } from '../../../shared/clock.ts';

/** Deeds per second, from the first to the end of the last. */
export async function rateOf(
  count: number,
  callers: number,
  deed: (at: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const startedMs = monotonicMs();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (next < count) {
        const at = next;
        next += 1;
        await deed(at);
      }
    }),
  );
  return (count * 1_000) / (monotonicMs() - startedMs);
}
