import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { LoggerDefinition } from '../../../../proto/gen/spire/api/agent/logger/v1/Logger.ts';
import { LogLevel } from '../../../../proto/gen/spire/api/types/LogLevel.ts';
import { Code } from '../../../../shared/errors.ts';
import { AdminDoor } from '../admin-door.ts';

describe("the agent's Logger API", () => {
  const door = new AdminDoor();
  const client = door.client<LoggerDefinition>('spire.api.agent.logger.v1.Logger');
  before(() => door.start());
  beforeEach(() => door.threshold.reset());
  after(() => door.stop());

  it('tells the level in force and that of the start', async () => {
    door.threshold.set('trace');
    assert.deepEqual(await client.unary('GetLogger', {}), { current_level: 'TRACE', launch_level: 'INFO' });
  });

  for (const level of ['PANIC', 'FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const)
    it(`sets ${level}`, async () => {
      const answer = await client.unary('SetLogLevel', { new_level: level });
      assert.deepEqual(answer, { current_level: level, launch_level: 'INFO' });
      assert.equal(door.threshold.current, level.toLowerCase());
    });

  it('sets it back to that of the start', async () => {
    await client.unary('SetLogLevel', { new_level: 'ERROR' });
    assert.deepEqual(await client.unary('ResetLogLevel', {}), {
      current_level: 'INFO',
      launch_level: 'INFO',
    });
    assert.equal(door.threshold.current, 'info');
  });

  for (const [new_level, message] of [
    [LogLevel.UNSPECIFIED, 'newLevel value cannot be LogLevel_UNSPECIFIED'],
    [9 as never, 'unsupported log level'],
  ] as const)
    it(`refuses level ${new_level}`, async () => {
      await assert.rejects(client.unary('SetLogLevel', { new_level }), {
        code: Code.invalidArgument,
        message,
      });
      assert.equal(door.threshold.current, 'info');
    });
});
