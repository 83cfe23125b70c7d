import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryOutput } from '../../../../proto/gen/spire/api/types/Entry.ts';
import { CallTrail } from '../../../../server/api/gate/audit.ts';
import { entryFields } from '../../../../server/api/gate/audit-fields.ts';
import { LogThreshold } from '../../../../shared/log/log-level.ts';
import { createLogger } from '../../../../shared/log/pino-logger.ts';

const HOSTILE = [
  'x\ntime=2026-01-01 level=info msg="API accessed" type=audit status=success',
  'x\r\n{"level":"info","type":"audit"}',
  '"} {"type":"audit"',
  '\u2028\u001b[2K\u0000\ud800',
];

for (const format of ['text', 'json'] as const) {
  test(`whatever a caller sends stays one ${format} line of the audit log`, () => {
    for (const hostile of HOSTILE) {
      let written = '';
      const log = createLogger({
        threshold: new LogThreshold('info'),
        format,
        write: (line) => (written += line),
      });
      const trail = new CallTrail({ request_id: 'r', method: 'GetEntry' });
      trail.add({ entry_id: hostile, selectors: hostile });
      trail.write(log, { caller_path: hostile }, { code: 3, message: hostile });
      assert.ok(written.endsWith('\n'));
      for (const mark of ['\n', '\r', '\u2028', '\u001b']) assert.ok(!written.slice(0, -1).includes(mark));
      if (format === 'json') assert.equal((JSON.parse(written) as { entry_id: string }).entry_id, hostile);
    }
  });
}

test('a line is bounded, whatever a caller sends', async () => {
  let written = '';
  const log = createLogger({
    threshold: new LogThreshold('info'),
    format: 'json',
    write: (line) => (written += line),
  });
  const trail = new CallTrail({});
  const wire = {
    id: 'x'.repeat(1_000_000),
    selectors: Array.from({ length: 100_000 }, () => ({ type: 't', value: 'v'.repeat(50) })),
    dns_names: Array.from({ length: 100_000 }, () => 'd'.repeat(50)),
    federates_with: [],
    spiffe_id: null,
    parent_id: null,
  };
  trail.item(() => entryFields(wire as unknown as EntryOutput), { code: 3, message: 'y'.repeat(1_000_000) });
  trail.write(log, {}, { code: 0, message: '' });
  assert.ok(written.length < 50_000);
});
