/**
 * What a program counts of itself, free of the library that keeps it. Names are SPIRE's keys (doc/telemetry), their parts
 * joined by dots: `rpc.agent.v1.agent.attest_agent`. Made by make-telemetry, used by whatever is counted.
 */
import { monotonicMs } from '../clock.ts';
import { CodedError } from '../errors.ts';
import { codeName } from '../cli/code-name.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Metrics {
  /** Once more. */
  count(key: string, labels?: Labels): void;
  /** One of many values that are summed up: how many milliseconds it took, where the key is `<key>.elapsed_time` (SPIRE). */
  sample(key: string, value: number, labels?: Labels): void;
  /** Read whenever somebody looks. */
  gauge(key: string, read: () => number, labels?: Labels): void;
  readonly traces?: Traces | undefined;
}

/** What a call did, in which order and for how long. */
export interface Traces {
  span<T>(name: string, deed: () => Promise<T>): Promise<T>;
  /** Says something about the deed that the caller is in. */
  note(labels: Labels): void;
}

export const noMetrics: Metrics = { count: () => {}, sample: () => {}, gauge: () => {} };

/**
 * SPIRE's call counter: how often, how long, and with which gRPC code it ended; and once more in `calls` of its kind, the
 * key's first part, where calls of all names can be added up. A span of the trace, too. Gives what the deed gives.
 */
export function measured<T>(metrics: Metrics, what: Counted, deed: () => Promise<T>): Promise<T> {
  const { key, labels } = typeof what === 'string' ? { key: what, labels: {} } : what;
  const timed = (): Promise<T> => timing({ metrics, key, labels }, deed);
  return metrics.traces === undefined ? timed() : metrics.traces.span(key, timed);
}

/** A key, or one that has labels. */
export type Counted = string | { readonly key: string; readonly labels: Labels };

interface Timed {
  readonly metrics: Metrics;
  readonly key: string;
  readonly labels: Labels;
}

async function timing<T>({ metrics, key, labels }: Timed, deed: () => Promise<T>): Promise<T> {
  const beganMs = monotonicMs();
  const note = (status: string): void => {
    metrics.count(key, { ...labels, status });
    metrics.count(`${key.split('.', 1)[0]}.calls`, { name: key, status });
    metrics.sample(`${key}.elapsed_time`, monotonicMs() - beganMs, { ...labels, status });
  };
  try {
    const result = await deed();
    note('OK');
    return result;
  } catch (error) {
    note(error instanceof CodedError ? codeName(error.code) : 'Unknown');
    throw error;
  }
}

/** Keys by the methods that are to be counted. */
export type Keys<T> = Readonly<Partial<Record<keyof T, string>>>;

/** The same object, whose methods in `keys` are call counters; the others are passed on as they are. */
export const measuring = <T extends object>(target: T, metrics: Metrics, keys: Keys<T>): T =>
  wrapping(target, keys, (key, deed) => measured(metrics, key, deed));

/** The same object, whose methods in `keys` count their successes. */
export const counting = <T extends object>(target: T, metrics: Metrics, keys: Keys<T>): T =>
  wrapping(target, keys, async (key, deed) => {
    const result = await deed();
    metrics.count(key);
    return result;
  });

type Around = (key: string, deed: () => Promise<unknown>) => Promise<unknown>;

function wrapping<T extends object>(target: T, keys: Keys<T>, around: Around): T {
  const made = new Map<PropertyKey, unknown>();
  const wrap = (name: PropertyKey, method: (...args: never[]) => unknown): unknown => {
    const key = keys[name as keyof T];
    if (key === undefined) return method.bind(target);
    return (...args: never[]) => around(key, async () => method.apply(target, args));
  };
  return new Proxy(target, {
    get: (_target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (!made.has(name)) made.set(name, wrap(name, value as (...args: never[]) => unknown));
      return made.get(name);
    },
  });
}
