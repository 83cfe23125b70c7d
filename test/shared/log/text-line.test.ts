import assert from 'node:assert/strict';
import { it } from 'node:test';
import { LogThreshold } from '../../../shared/log/log-level.ts';
import { createLogger } from '../../../shared/log/pino-logger.ts';

function logged(format: 'text' | 'json'): string {
  let line = '';
  const log = createLogger({ threshold: new LogThreshold('info'), format, write: (text) => (line += text) });
  log.debug('not shown');
  log
    .child({ part: 'sync' })
    .warn('entries "synced"', { count: 3, error: new Error('it broke'), secret: new Uint8Array(9) });
  return line;
}

it('writes text lines as key=value, quoted where needed', () => {
  assert.match(
    logged('text'),
    /^time="[^"]+" level=warning msg="entries \\"synced\\"" count=3 error="it broke" part=sync secret="9 bytes"\n$/,
  );
});

it('lets no value end its line, steer a terminal or turn the text around', () => {
  let line = '';
  const log = createLogger({
    threshold: new LogThreshold('info'),
    format: 'text',
    write: (text) => (line += text),
  });
  log.info('found', { path: '/a\nlevel=info msg=x\r\u001b[2J\u009b2J\u007f\u202e\u2028"b\\' });
  const escaped = '/a\\nlevel=info msg=x\\r\\u001b[2J\\u009b2J\\u007f\\u202e\\u2028\\"b\\\\';
  assert.equal(line.slice(line.indexOf('path=')), `path="${escaped}"\n`);
});

it('writes JSON lines with the same names', () => {
  const { time, ...line } = JSON.parse(logged('json')) as Record<string, unknown>;
  assert.equal(typeof time, 'string');
  assert.deepEqual(line, {
    level: 'warn',
    msg: 'entries "synced"',
    part: 'sync',
    count: 3,
    error: 'it broke',
    secret: '9 bytes',
  });
});
