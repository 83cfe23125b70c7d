/** The `profiling_*` keys, the same in `server {}` and `agent {}`. Called by both field lists. */
import type { Block } from './shape.ts';

export function profilingFields(block: Block): void {
  for (const key of ['profiling_enabled', 'profiling_freq', 'profiling_names', 'profiling_port']) {
    block.withoutEffect(key, "profiles of SPIRE's runtime; Node has its own");
  }
}
