/**
 * Runs benches: `npm run bench -- NAME... [--json]`, all without a name. Each file beside this one that exports `run` is
 * a bench. Prints a table, or one JSON object per line, and at the end what machine it was.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { monotonicMs } from '../../shared/clock.ts';
import type { Report, Row } from './report.ts';

interface Bench {
  run(report: Report): Promise<void>;
}

/** Of the files in this folder; what several benches share is in rig/. */
const NOT_BENCHES = ['run.ts', 'report.ts', 'percentiles.ts'];

const names = (): readonly string[] =>
  readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && !NOT_BENCHES.includes(file))
    .map((file) => basename(file, '.ts'))
    .sort();

/** Throws on a name that no bench has. */
function chosen(args: readonly string[]): readonly string[] {
  const wanted = args.filter((arg) => arg !== '--json');
  const unknown = wanted.find((name) => !names().includes(name));
  if (unknown !== undefined) throw new Error(`no bench "${unknown}"; there are ${names().join(', ')}`);
  return wanted.length === 0 ? names() : wanted;
}

const COLUMNS = { bench: 15, metric: 30, value: 12, unit: 6, limit: 12, ratio: 6 } as const;

/** Three significant digits, more where they are whole. */
function numberText(value: number | undefined): string {
  if (value === undefined) return '';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function line(cells: Readonly<Record<keyof typeof COLUMNS, string>>): string {
  const { bench, metric, value, unit, limit, ratio } = COLUMNS;
  const left = [cells.bench.padEnd(bench), cells.metric.padEnd(metric), cells.value.padStart(value)];
  const right = [cells.unit.padEnd(unit), cells.limit.padStart(limit), cells.ratio.padStart(ratio)];
  return `${[...left, ...right].join(' ').trimEnd()}\n`;
}

const tableLine = (row: Row): string =>
  line({
    bench: row.bench,
    metric: row.metric,
    value: numberText(row.value),
    unit: row.unit,
    limit: numberText(row.limit),
    ratio: row.ratio === undefined ? '' : row.ratio.toFixed(2),
  });

/** The machine's shape and the versions: figures mean nothing without them. */
function machine(): Readonly<Record<string, string | number>> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    architecture: arch(),
    kernel: release(),
    node: process.version,
    openssl: process.versions.openssl,
    writ: versionOf('../../package.json'),
    'grpc-js': versionOf('../../node_modules/@grpc/grpc-js/package.json'),
    pg: versionOf('../../node_modules/pg/package.json'),
  };
}

function versionOf(path: string): string {
  const { version }: { version?: string } = JSON.parse(
    readFileSync(join(import.meta.dirname, path), 'utf8'),
  ) as object;
  return version ?? 'unknown';
}

async function main(args: readonly string[]): Promise<void> {
  const asJson = args.includes('--json');
  const print = (text: string): void => void process.stdout.write(text);
  if (!asJson)
    print(
      line({
        bench: 'bench',
        metric: 'metric',
        value: 'value',
        unit: 'unit',
        limit: 'limit',
        ratio: 'ratio',
      }),
    );
  const report: Report = { add: (row) => print(asJson ? `${JSON.stringify(row)}\n` : tableLine(row)) };
  const startedMs = monotonicMs();
  for (const name of chosen(args)) {
    const bench = (await import(`./${name}.ts`)) as Bench;
    await bench.run(report);
  }
  const seconds = Math.round((monotonicMs() - startedMs) / 1_000);
  const shape = { ...machine(), seconds };
  if (asJson) print(`${JSON.stringify({ machine: shape })}\n`);
  else
    print(
      `\n${Object.entries(shape)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ')}\n`,
    );
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`✖ ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
