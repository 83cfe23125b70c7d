/** A difference from SPIRE that is meant, with its reason. Listed by differences.ts. */

export interface Difference {
  readonly why: string;
  /** Commands as they are typed, with what they read after `<<<`; each of them has to show a difference. */
  readonly commands: readonly string[];
  /** Exit codes differ; otherwise they are the same. */
  readonly exits?: true;
}
