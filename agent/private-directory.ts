/** Directories for what only the agent may read. Called by key-manager/disk and agent-svid/state-file. */
import { makeDirectories } from '../shared/files.ts';
import { Code, CodedError } from '../shared/errors.ts';
import { whyOthersCanReplace } from '../shared/trusted-path.ts';
import { whyUnwritable } from '../shared/unwritable.ts';

/**
 * Makes the directory, and those above it, for its owner alone; one that exists is left as it is. Throws
 * FailedPrecondition where it cannot be made, and where somebody else could put another in its place: whoever exchanges
 * the stored bundle chooses whom the agent believes.
 * DIVERGES: SPIRE takes any directory.
 */
export function makePrivateDirectory(path: string): void {
  try {
    makeDirectories(path, 0o700);
  } catch (cause) {
    throw refusal(`directory ${path} cannot be made: ${whyUnwritable(cause, path)}`, cause);
  }
  const why = whyOthersCanReplace(path);
  if (why !== undefined) throw refusal(`directory ${path} is not safe: ${why}; choose another data_dir`);
}

const refusal = (message: string, cause?: unknown): CodedError =>
  new CodedError(Code.failedPrecondition, message, cause === undefined ? {} : { cause });
