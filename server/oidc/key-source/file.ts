/** JWT authorities from a file that something else writes: a SPIFFE bundle or a JWK Set. Listed in registry. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { parseJwtKeys } from '../../../shared/bundle/bundle-json.ts';
import { invalidArgument } from '../../../shared/errors.ts';
import type { KeySource } from './key-source.ts';

const FILE_MAX_BYTES = 8 * 1_024 * 1_024; // as parseJwtKeys

export const fileKeys = (path: string): KeySource => ({
  failure: 'Failed to load SPIFFE trust bundle',
  fetch: async () => parseJwtKeys(new TextDecoder().decode(readBounded(path))),
});

function readBounded(path: string): Uint8Array {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe must not make us wait
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) throw invalidArgument(`"${path}" is not a regular file`);
    if (found.size > FILE_MAX_BYTES)
      throw invalidArgument(`"${path}" is longer than ${FILE_MAX_BYTES} bytes`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}
