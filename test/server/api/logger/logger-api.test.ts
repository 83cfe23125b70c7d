import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code } from '../../../../shared/errors.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { startServer } from '../../../fakes/server-under-test.ts';

test('the level of the log is read, set and reset on the admin socket', async (t) => {
  const clock = new FakeClock();
  const server = await startServer(t, {
    datastore: new FakeDatastore(clock),
    clock,
    config: { auditLogEnabled: true },
  });
  const { logger } = server.admin;
  const start = { current_level: 'INFO', launch_level: 'INFO' };
  assert.deepEqual(await logger.unary('GetLogger', {}), start);
  for (const level of ['PANIC', 'FATAL', 'ERROR', 'WARN', 'DEBUG', 'TRACE'] as const) {
    const changed = { current_level: level, launch_level: 'INFO' };
    assert.deepEqual(await logger.unary('SetLogLevel', { new_level: level }), changed);
    assert.deepEqual(await logger.unary('GetLogger', {}), changed);
  }
  for (const [request, message] of [
    [{}, 'newLevel value cannot be LogLevel_UNSPECIFIED'],
    [{ new_level: 'UNSPECIFIED' }, 'newLevel value cannot be LogLevel_UNSPECIFIED'],
    [{ new_level: 8 as never }, 'unsupported log level'],
  ] as const)
    await assert.rejects(logger.unary('SetLogLevel', request), { code: Code.invalidArgument, message });
  assert.equal((await logger.unary('GetLogger', {})).current_level, 'TRACE', 'a refusal changes nothing');
  assert.deepEqual(await logger.unary('ResetLogLevel', {}), start);

  const audited = server.log.lines.filter(({ fields }) => fields['method'] === 'SetLogLevel');
  assert.deepEqual(
    audited.filter(({ fields }) => fields['type'] === 'audit').map(({ fields }) => fields['new_log_level']),
    ['PANIC', 'FATAL', 'ERROR', 'WARN', 'DEBUG', 'TRACE', 'UNSPECIFIED', 'UNSPECIFIED', 8],
  );
  await assert.rejects(server.connect().logger.unary('GetLogger', {}), { code: Code.unimplemented });
});
