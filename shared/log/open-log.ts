/** Where log lines go: standard output, or a file that is reopened on SIGUSR2 (so that it can be rotated). */
import { closeSync, openSync, writeSync } from 'node:fs';

export interface LogSink {
  write(line: string): void;
  reopen(): void;
}

const STDOUT = 1;

/** Throws when the file cannot be opened for appending. */
export function openLog(path: string | undefined): LogSink {
  if (path === undefined) return { write: (line) => writeAll(STDOUT, line), reopen: () => {} };
  const open = (): number => openSync(path, 'a', 0o600);
  let fd = open();
  return {
    write: (line) => writeAll(fd, line),
    reopen: () => {
      const next = open();
      closeSync(fd);
      fd = next;
    },
  };
}

/** A log that cannot be written must not stop what it tells about: a full disk or a closed pipe loses lines only. */
function writeAll(fd: number, line: string): void {
  const bytes = Buffer.from(line);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } catch {
    return;
  }
}
