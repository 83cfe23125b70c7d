/** The process that `pid_file_name` names gets the signal. Called by helper.ts. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';

const LONGEST_BYTES = 32;

/** Throws FailedPrecondition, with what to look at, when the file or its process is not there. */
export function signalPidFile(path: string, signal: NodeJS.Signals): void {
  const pid = readPid(path);
  try {
    process.kill(pid, signal);
  } catch (cause) {
    throw new CodedError(
      Code.failedPrecondition,
      `process ${pid} of ${path} cannot be signalled: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/** Never 0 or less, which would be groups of processes, nor 1. */
function readPid(path: string): number {
  const text = readStart(path).trim();
  const pid = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0;
  if (pid < 2) throw new CodedError(Code.failedPrecondition, `${path} holds no process number`);
  return pid;
}

function readStart(path: string): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // one that is a pipe must not be waited for
    if (!fstatSync(fd).isFile()) throw new Error('it is no file');
    const bytes = Buffer.alloc(LONGEST_BYTES + 1);
    const length = readSync(fd, bytes, 0, bytes.length, 0);
    return length > LONGEST_BYTES ? '' : bytes.subarray(0, length).toString('latin1');
  } catch (cause) {
    throw new CodedError(Code.failedPrecondition, `the process number cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
