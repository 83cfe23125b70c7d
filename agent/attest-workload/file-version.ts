/** What tells one state of a file from another. Called by exe-digest, exe-digests and id-names. */
import type { BigIntStats } from 'node:fs';

/** Changes whenever the file does: nobody but the kernel sets the last of them. */
export const fileVersion = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
