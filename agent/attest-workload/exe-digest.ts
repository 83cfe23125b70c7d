/** Reads and hashes one file. Called by exe-digest-thread. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileVersion } from './file-version.ts';

export interface DigestRequest {
  readonly path: string;
  /** 0 = any size. */
  readonly maxBytes: number;
}

export interface Digest {
  readonly sha256: string;
  /** Of the very file that was read. */
  readonly version: string;
}

export type DigestAnswer =
  | ({ readonly kind: 'digest' } & Digest)
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unreadable'; readonly code: string };

const CHUNK_BYTES = 256 * 1024;

/** Never throws: the answer crosses a thread. */
export function digestFile({ path, maxBytes }: DigestRequest): DigestAnswer {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return digestOpenFile(fd, maxBytes);
  } catch (error) {
    return {
      kind: 'unreadable',
      code: error instanceof Error && 'code' in error ? String(error.code) : 'unknown',
    };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function digestOpenFile(fd: number, maxBytes: number): DigestAnswer {
  const version = fileVersion(fstatSync(fd, { bigint: true }));
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let total = 0; ; ) {
    const read = readSync(fd, chunk);
    if (read === 0) break;
    total += read;
    if (maxBytes > 0 && total > maxBytes) return { kind: 'too-large' };
    hash.update(chunk.subarray(0, read));
  }
  if (fileVersion(fstatSync(fd, { bigint: true })) !== version)
    return { kind: 'unreadable', code: 'it was written to' };
  return { kind: 'digest', sha256: hash.digest('hex'), version };
}
