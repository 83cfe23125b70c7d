import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServerReflectionDefinition } from '../../../proto/gen/grpc/reflection/v1/ServerReflection.ts';
import { Code } from '../../../shared/errors.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { AdminDoor } from '../admin-api/admin-door.ts';
import { Door } from './door.ts';

const REFLECTION = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'];

describe('reflection on the sockets of the agent', () => {
  const door = new Door({ rates: { calls: { perSecond: 1, burst: 40 } } });
  const admin = new AdminDoor();
  before(async () => {
    await door.start();
    await admin.start();
  });
  after(async () => {
    await door.stop();
    await admin.stop();
  });

  async function servicesOf(client: ServiceClient<ServerReflectionDefinition>): Promise<readonly string[]> {
    const call = client.bidi('ServerReflectionInfo');
    try {
      call.send({ list_services: '' });
      const { value } = await call.responses.next();
      const found: readonly { readonly name: string }[] = value?.list_services_response?.service ?? [];
      return found.map(({ name }) => name);
    } finally {
      call.cancel();
    }
  }

  for (const name of REFLECTION) {
    it(`tells what the Workload API's has, without a header: ${name}`, async () => {
      assert.deepEqual(await servicesOf(new ServiceClient(name, door.channel())), [
        'SpiffeWorkloadAPI',
        'envoy.service.secret.v3.SecretDiscoveryService',
        'grpc.health.v1.Health',
        ...REFLECTION,
        'writ.explain.v1.ExplainSelf',
      ]);
    });

    it(`tells what the admin socket has: ${name}`, async () => {
      assert.deepEqual(await servicesOf(admin.client(name)), [
        'grpc.health.v1.Health',
        ...REFLECTION,
        'spire.agent.debug.v1.Debug',
        'spire.api.agent.delegatedidentity.v1.DelegatedIdentity',
        'spire.api.agent.logger.v1.Logger',
        'writ.explain.v1.Explain',
      ]);
    });
  }

  it('counts each request of a stream as a call', async () => {
    const call = new ServiceClient<ServerReflectionDefinition>(REFLECTION[0] ?? '', door.channel()).bidi(
      'ServerReflectionInfo',
    );
    const answers = call.responses;
    const ask = async () => {
      call.send({ list_services: '' });
      await answers.next();
    };
    await assert.rejects(
      async () => {
        for (let times = 0; times < 50; times += 1) await ask();
      },
      { code: Code.unavailable, message: 'user 1000 calls too often' },
    );
  });
});
