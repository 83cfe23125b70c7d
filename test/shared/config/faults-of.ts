/** For tests of configurations: everything that was found wrong. */
import assert from 'node:assert/strict';
import { ConfigFaults } from '../../../shared/config/faults.ts';

/** The faults that the deed throws, a line each; none where it goes well. */
export function faultsOf(deed: () => unknown): readonly string[] {
  try {
    deed();
  } catch (error) {
    assert.ok(error instanceof ConfigFaults, String(error));
    return error.message.split('\n');
  }
  return [];
}
