/**
 * Keeps what is counted for Prometheus, with the names, labels and kinds that SPIRE's exporter gives: counters without a
 * suffix, times in milliseconds as summaries. Made by server/start/metrics; read by prometheus-listener.
 */
import { collectDefaultMetrics, Counter, Gauge, Registry, Summary } from 'prom-client';
import type { Labels, Metrics } from './metrics.ts';

export interface MetricsOptions {
  /** `spire_server` where nothing else is said. */
  readonly prefix: string;
  /** On every metric. */
  readonly labels: Labels;
  /** Prefixes of whole names, their parts joined by dots; without any, all are allowed. */
  readonly allowedPrefixes: readonly string[];
  readonly blockedPrefixes: readonly string[];
}

/** Of the times of the last minutes (SPIRE's exporter). */
const PERCENTILES = [0.5, 0.9, 0.99];
const WINDOW = { maxAgeSeconds: 60, ageBuckets: 5 };

export class PrometheusMetrics implements Metrics {
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  /** By key; undefined: blocked. */
  readonly #counters = new Map<string, Counter | undefined>();
  readonly #summaries = new Map<string, Summary | undefined>();
  readonly #gauges = new Map<string, Gauge | undefined>();
  readonly #reads: (() => void)[] = [];

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#registry.setDefaultLabels({ ...options.labels });
    collectDefaultMetrics({ register: this.#registry });
  }

  count(key: string, labels: Labels = {}): void {
    this.#made(this.#counters, key, (name) => new Counter(this.#describe(name, key, labels)))?.inc(labels);
  }

  sample(key: string, value: number, labels: Labels = {}): void {
    this.#made(
      this.#summaries,
      key,
      (name) => new Summary({ ...this.#describe(name, key, labels), ...WINDOW, percentiles: PERCENTILES }),
    )?.observe(labels, value);
  }

  gauge(key: string, read: () => number, labels: Labels = {}): void {
    const gauge = this.#made(this.#gauges, key, (name) => new Gauge(this.#describe(name, key, labels)));
    if (gauge !== undefined) this.#reads.push(() => gauge.set(labels, read()));
  }

  /** In Prometheus' text format. */
  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    for (const read of this.#reads) read();
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #describe(name: string, key: string, labels: Labels) {
    return { name, help: key, labelNames: Object.keys(labels), registers: [this.#registry] };
  }

  #made<M>(held: Map<string, M | undefined>, key: string, make: (name: string) => M): M | undefined {
    if (held.has(key)) return held.get(key);
    const made = this.#isAllowed(key) ? make(this.#nameOf(key)) : undefined;
    held.set(key, made);
    return made;
  }

  #nameOf = (key: string): string => `${this.#options.prefix}.${key}`.replaceAll(/[^a-zA-Z0-9_]/g, '_');

  /** The longest prefix that fits decides (SPIRE: AllowedPrefixes, BlockedPrefixes). */
  #isAllowed(key: string): boolean {
    const { prefix, allowedPrefixes, blockedPrefixes } = this.#options;
    const name = `${prefix}.${key}`;
    const longest = (prefixes: readonly string[]): number =>
      Math.max(-1, ...prefixes.filter((one) => name.startsWith(one)).map(({ length }) => length));
    const [allowed, blocked] = [longest(allowedPrefixes), longest(blockedPrefixes)];
    return allowed === blocked ? allowedPrefixes.length === 0 : allowed > blocked;
  }
}
