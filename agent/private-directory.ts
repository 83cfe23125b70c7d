/** Directories for what only the agent may read. Called by key-manager/disk and agent-svid/state-file. */
import { mkdirSync } from 'node:fs';
import { Code, CodedError, messageOf } from '../shared/errors.ts';

/** Makes the directory, and those above it, for its owner alone; one that exists is left as it is. Throws FailedPrecondition. */
export function makePrivateDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new CodedError(Code.failedPrecondition, `directory ${path} cannot be made: ${messageOf(cause)}`, {
      cause,
    });
  }
}
