/** The random tests, over and over with other seeds. Called by the slow and the soak suite. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { seed } from '../seed.ts';

const RUN = join(dirname(import.meta.dirname), 'run.ts');
const SEED_END = 2 ** 31;

/** Throws with what the runner said, and the seed, at the first failure. */
export function repeatProperties(times: number): void {
  for (let at = 1; at <= times; at += 1) {
    const WRIT_SEED = String((seed + at) % SEED_END);
    const args = ['--disable-warning=ExperimentalWarning', RUN, 'unit', 'test/properties'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env: { ...process.env, WRIT_SEED, NODE_TEST_CONTEXT: undefined },
    });
    assert.equal(status, 0, `with WRIT_SEED=${WRIT_SEED}:\n${stdout}${stderr}`);
  }
}
