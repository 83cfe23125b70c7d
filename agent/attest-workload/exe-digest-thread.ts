/** The thread that reads and hashes one file. Started by exe-digests. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

export interface DigestRequest {
  readonly path: string;
  /** 0 = any size. */
  readonly maxBytes: number;
}

export type DigestAnswer =
  | { readonly kind: 'digest'; readonly sha256: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unreadable'; readonly code: string };

const CHUNK_BYTES = 256 * 1024;

function digest({ path, maxBytes }: DigestRequest): DigestAnswer {
  const fd = openSync(path, 'r');
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let total = 0; ; ) {
      const read = readSync(fd, chunk);
      if (read === 0) return { kind: 'digest', sha256: hash.digest('hex') };
      total += read;
      if (maxBytes > 0 && total > maxBytes) return { kind: 'too-large' };
      hash.update(chunk.subarray(0, read));
    }
  } finally {
    closeSync(fd);
  }
}

function answer(request: DigestRequest): DigestAnswer {
  try {
    return digest(request);
  } catch (error) {
    return { kind: 'unreadable', code: error instanceof Error && 'code' in error ? String(error.code) : 'unknown' };
  }
}

parentPort?.postMessage(answer(workerData as DigestRequest));
