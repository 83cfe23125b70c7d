/** Where JWT authorities come from. Implemented by the sources beside it, asked by key-poll. */
import type { TokenAuthority } from '../../../shared/bundle/bundle.ts';

export interface KeySource {
  /** What is said when it fails, in SPIRE's words. */
  readonly failure: string;
  /** All JWT authorities as they are now. Throws CodedError, or what the file system throws, when they cannot be had. */
  fetch(signal: AbortSignal): Promise<readonly TokenAuthority[]>;
}
