/** The real terminal: the only place that reads the environment and writes to standard output for commands. */
import { writeSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { ReaderGone, type Terminal } from './command.ts';

const INPUT_MAX_BYTES = 16 * 1024 * 1024;
const FULL_WAIT_MS = 10;

/** `program` is how the user calls it, unless the launcher says that it was started by another name. */
export const openTerminal = (program: string): Terminal => ({
  program: process.env['WRIT_STARTED_AS'] || program,
  out: (text) => writeAll(1, text),
  err: (text) => {
    try {
      writeAll(2, text);
    } catch {
      // There is nobody left to tell.
    }
  },
  environment: process.env,
  readInput,
});

/** A pipe that is full takes the rest once its reader has caught up. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EPIPE') throw new ReaderGone('the reader of the output is gone', { cause: error });
      if (code !== 'EAGAIN')
        throw new Error(`cannot write the output: ${messageOf(error)}`, { cause: error });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_WAIT_MS);
    }
  }
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of process.stdin) {
    total += (chunk as Buffer).length;
    if (total > INPUT_MAX_BYTES) throw new Error('standard input is longer than 16 MiB');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
