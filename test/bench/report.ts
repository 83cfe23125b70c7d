/** What a bench hands in: one row per figure. The runner (run.ts) prints them and passes one of these to each bench's `run`. */
export interface Row {
  readonly bench: string;
  /** `rate`, `p50`, `p99`, `cpu`, `rss`, `cold-start`, … */
  readonly metric: string;
  readonly value: number;
  /** ms, s, MB, 1/s. */
  readonly unit: string;
  /** What the machine and runtime allow at most, in the same unit. */
  readonly limit?: number;
  /** How near the limit the value comes: 1 is the limit itself. */
  readonly ratio?: number;
}

export interface Report {
  add(row: Row): void;
}
