/** What a client of the Workload API sent on its connections, and when it heard from the server. Written by interop/sdk/record.ts. */
import { readFileSync } from 'node:fs';

/** In the order in which they came. What the server said is left out, since it has keys: only which frames there were. */
export type Entry =
  | { readonly client: string }
  | { readonly server: readonly (readonly [type: number, stream: number])[] };

export interface Recording {
  /** The program and the version of its library. */
  readonly client: string;
  /** What it was told to do. */
  readonly deed: string;
  readonly connections: readonly (readonly Entry[])[];
}

export const readRecording = (url: URL): Recording => JSON.parse(readFileSync(url, 'utf8')) as Recording;
