/** A small file system in memory, which a test can fill and make read-only. Only root can mount one. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const canMount = process.geteuid?.() === 0;

export class SmallDisk {
  readonly folder = mkdtempSync(join(tmpdir(), 'writ-disk-'));

  /** Throws where it cannot be mounted. */
  constructor(megabytes: number) {
    run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0711`, 'writ-test', this.folder);
  }

  get #filling(): string {
    return join(this.folder, 'filling');
  }

  /** To the last byte. */
  fill(): void {
    const fd = openSync(this.#filling, 'a');
    try {
      for (let size = 1_048_576; size > 0; size = Math.floor(size / 4)) writeAsLongAsItGoes(fd, size);
    } finally {
      closeSync(fd);
    }
  }

  makeRoom(): void {
    rmSync(this.#filling, { force: true });
  }

  unmount(): void {
    run('umount', '-l', this.folder);
    rmdirSync(this.folder);
  }
}

function writeAsLongAsItGoes(fd: number, size: number): void {
  const bytes = new Uint8Array(size);
  try {
    for (;;) if (writeSync(fd, bytes) < size) return;
  } catch {
    // full
  }
}

/** What is below `folder` can be read only, for whoever opens it from now on; the result makes it writable again. */
export function makeReadOnly(folder: string): () => void {
  run('mount', '--bind', folder, folder);
  run('mount', '-o', 'remount,bind,ro', folder);
  return () => run('umount', '-l', folder);
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}
