import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { HealthDefinition } from '../../../proto/gen/grpc/health/v1/Health.ts';
import { Code } from '../../../shared/errors.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { AdminDoor } from '../admin-api/admin-door.ts';
import { Door } from './door.ts';

describe('the health of the agent, as gRPC asks for it', () => {
  const door = new Door();
  const admin = new AdminDoor();
  before(async () => {
    await door.start();
    await admin.start();
  });
  after(async () => {
    await door.stop();
    await admin.stop();
  });
  const doors = {
    'the Workload API': () => new ServiceClient<HealthDefinition>('grpc.health.v1.Health', door.channel()),
    'the admin socket': () => admin.client<HealthDefinition>('grpc.health.v1.Health'),
  };
  const known = { entriesKnown: 1, lastSyncAt: undefined, lastSyncError: undefined };

  for (const [name, client] of Object.entries(doors))
    it(`is told to whoever asks ${name}, without a header: serving once there is something to serve`, async () => {
      const status = async (service: string) => (await client().unary('Check', { service })).status;
      for (const { identities } of [door, admin]) identities.sync = known;
      assert.equal(await status(''), 'NOT_SERVING');
      for (const { identities } of [door, admin]) identities.sync = { ...known, keptAt: new Date(0) };
      assert.equal(await status(''), 'SERVING');
      for (const { identities } of [door, admin]) identities.sync = { ...known, lastSyncAt: new Date(0) };
      assert.equal(await status(''), 'SERVING');
      await assert.rejects(status('other'), { code: Code.notFound, message: 'unknown service' });
    });
});
