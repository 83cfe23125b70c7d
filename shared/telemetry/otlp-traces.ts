/**
 * Traces for an OpenTelemetry collector, over OTLP/HTTP with JSON. Made by server/start/telemetry where one is configured;
 * its libraries are loaded only then. Headers (a collector's token) come from OTEL_EXPORTER_OTLP_HEADERS, as the exporter
 * has it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ROOT_CONTEXT, type Span, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import type { SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { CodedError } from '../errors.ts';
import { codeName } from '../cli/code-name.ts';
import type { OtlpConfig } from '../config/telemetry.ts';
import type { Logger } from '../log/logger.ts';
import type { Part } from '../tasks.ts';
import { VERSION } from '../version.ts';
import type { Labels, Traces } from './metrics.ts';

const EXPORT_TIMEOUT_MS = 10_000;
const LONGEST_VALUE = 2_048; // characters, as the longest SPIFFE ID
const COMPLAIN_EVERY = 60; // batches that were lost
const TAKEN = 0; // ExportResultCode.SUCCESS

export interface OtlpNeeds {
  readonly config: OtlpConfig;
  readonly service: string;
  readonly log: Logger;
}

/** Spans wait in a queue of 2,048 and leave by the batch; a collector that does not take them costs spans, no call. */
export class OtlpTraces implements Traces, Part {
  readonly name = 'traces';
  readonly #needs: OtlpNeeds;
  readonly #current = new AsyncLocalStorage<Span>();
  #provider: TracerProvider | undefined;
  #tracer: Tracer | undefined;

  constructor(needs: OtlpNeeds) {
    this.#needs = needs;
  }

  async start(): Promise<void> {
    const { config, service, log } = this.#needs;
    const [sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
    const exporter = new OTLPTraceExporter({ url: config.endpoint, timeoutMillis: EXPORT_TIMEOUT_MS });
    this.#provider = new sdk.TracerProvider({
      // Named here and not detected: detectors publish the argument list.
      resource: resourceFromAttributes({ 'service.name': service, 'service.version': VERSION }),
      spanLimits: { attributeValueLengthLimit: LONGEST_VALUE },
      sampler: new sdk.ParentBasedSampler({
        root: new sdk.TraceIdRatioBasedSampler(config.samplePercent / 100),
      }),
      spanProcessors: [new sdk.BatchSpanProcessor({ exporter: complaining(exporter, log) })],
    });
    this.#tracer = this.#provider.getTracer('writ', VERSION);
  }

  /** Sends what waits. */
  async stop(): Promise<void> {
    await this.#provider?.shutdown();
  }

  /** The deed within a span, below the one that the caller is in; nobody outside decides on what is traced. */
  async span<T>(name: string, deed: () => Promise<T>): Promise<T> {
    if (this.#tracer === undefined) return deed();
    const parent = this.#current.getStore();
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
    const span = this.#tracer.startSpan(name, {}, context);
    try {
      return await this.#current.run(span, deed);
    } catch (error) {
      const code = error instanceof CodedError ? codeName(error.code) : 'Unknown';
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      throw error;
    } finally {
      span.end();
    }
  }

  note(labels: Labels): void {
    this.#current.getStore()?.setAttributes(labels);
  }
}

/** The same exporter, which says at the first lost batch and then now and again that spans are lost. */
function complaining(exporter: SpanExporter, log: Logger): SpanExporter {
  let lost = 0;
  return {
    shutdown: () => exporter.shutdown(),
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error !== undefined && lost++ % COMPLAIN_EVERY === 0)
          log.warn('the collector takes no spans: does it listen at telemetry.OTLP.endpoint?', {
            error: result.error.message,
            batches: lost,
          });
        done({ code: TAKEN }); // told already; the processor would tell it once more, in its own way
      }),
  };
}
