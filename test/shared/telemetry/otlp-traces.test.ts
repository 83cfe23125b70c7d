import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { notFound } from '../../../shared/errors.ts';
import { measured, type Metrics, noMetrics } from '../../../shared/telemetry/metrics.ts';
import { OtlpTraces } from '../../../shared/telemetry/otlp-traces.ts';
import { FakeLog } from '../../fakes/log.ts';

/** A part of OTLP's JSON (opentelemetry-proto, ExportTraceServiceRequest). */
interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly ExportedSpan[] }[];
  }[];
}
interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface ExportedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code: number; readonly message?: string };
}

let collector: Server;
let got: Exported[] = [];
let answer = 200;

beforeEach(async () => {
  got = [];
  answer = 200;
  collector = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push(JSON.parse(body) as Exported);
      response.writeHead(answer, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  collector.closeAllConnections();
  collector.close();
});

async function opened(samplePercent = 100, log = new FakeLog()): Promise<OtlpTraces> {
  const address = collector.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const config = { endpoint: `http://127.0.0.1:${port}/v1/traces`, samplePercent };
  const traces = new OtlpTraces({ config, service: 'writ-server', log });
  await traces.start();
  return traces;
}

const spans = (): readonly ExportedSpan[] =>
  got
    .flatMap(({ resourceSpans }) => resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((s) => s.spans));

describe('traces over OTLP', () => {
  it('have a span for a call and one below it for each deed, with the caller, the code, and names alone of the program', async () => {
    const traces = await opened();
    const metrics: Metrics = { ...noMetrics, traces };
    await measured(metrics, 'rpc.entry', async () => {
      await measured(metrics, 'datastore.find', async () => {});
      await assert.rejects(
        measured(metrics, 'datastore.lost', async () => {
          throw notFound('no such entry');
        }),
      );
      traces.note({ caller_id: 'spiffe://example.org/admin' });
    });
    await traces.stop();
    const [find, lost, call] = spans();
    assert.deepEqual([find?.name, lost?.name, call?.name], ['datastore.find', 'datastore.lost', 'rpc.entry']);
    assert.equal(call?.parentSpanId, undefined);
    for (const child of [find, lost])
      assert.deepEqual([child?.parentSpanId, child?.traceId], [call?.spanId, call?.traceId]);
    assert.deepEqual(lost?.status, { code: 2, message: 'NotFound' });
    assert.deepEqual(call?.attributes, [
      { key: 'caller_id', value: { stringValue: 'spiffe://example.org/admin' } },
    ]);
    const named = got[0]?.resourceSpans[0]?.resource.attributes.map(({ key }) => key);
    assert.deepEqual(named, ['service.name', 'service.version']);
  });

  it('are of as many calls as are asked for', async () => {
    const traces = await opened(0);
    assert.equal(await traces.span('rpc', async () => 7), 7);
    await traces.stop();
    assert.deepEqual(spans(), []);
  });

  it('that no collector takes cost nothing but a line in the log', async () => {
    const log = new FakeLog();
    answer = 400;
    const traces = await opened(100, log);
    assert.equal(await traces.span('rpc', async () => 7), 7);
    await traces.stop();
    assert.deepEqual(
      log.lines.map(({ level, message }) => [level, message]),
      [['warn', 'the collector takes no spans: does it listen at telemetry.OTLP.endpoint?']],
    );
  });
});
