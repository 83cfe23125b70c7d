/** The real terminal: the only place that reads the environment and writes to standard output for commands. */
import { writeSync } from 'node:fs';
import type { Terminal } from './command.ts';

const INPUT_MAX_BYTES = 16 * 1024 * 1024;

export const terminal: Terminal = {
  out: (text) => writeAll(1, text),
  err: (text) => writeAll(2, text),
  environment: process.env,
  readInput,
};

/** Standard output may be a pipe that is full: try again until it takes everything. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return; // the reader left
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
