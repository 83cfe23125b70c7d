/** A server and an agent for a suite about an RPC that signs for agents' entries. Used by the tests beside it. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import {
  type Clients,
  joinAgent,
  type RunningServer,
  startServer,
} from '../../../fakes/server-under-test.ts';

export interface SigningSuite {
  readonly clock: FakeClock;
  readonly datastore: FakeDatastore;
  readonly server: RunningServer;
  readonly agent: Clients;
  /** Makes an entry of this ID for the agent; resolves with the ID. */
  readonly create: (name: string, fields?: object) => Promise<string>;
}

/** Call it in a `describe`: what it gives is there from its `before` on. */
export function signingSuite(): SigningSuite {
  const clock = new FakeClock();
  const datastore = new FakeDatastore(clock);
  const endings = new Endings();
  let server: RunningServer;
  let agent: Clients;
  let parent: string;
  before(async () => {
    server = await startServer(endings, { datastore, clock });
    const joined = await joinAgent(server);
    agent = server.connect(joined.identity);
    parent = joined.path;
  });
  after(() => endings.end());
  const create = async (name: string, fields: object = {}): Promise<string> => {
    const { results } = await server.admin.entry.unary('BatchCreateEntry', {
      entries: [
        {
          id: name,
          spiffe_id: { trust_domain: 'example.org', path: `/${name}` },
          parent_id: { trust_domain: 'example.org', path: parent },
          selectors: [{ type: 'unix', value: `user:${name}` }],
          ...fields,
        },
      ],
    });
    assert.equal(results[0]?.status?.code, 0);
    return name;
  };
  return {
    clock,
    datastore,
    create,
    get server() {
      return server;
    },
    get agent() {
      return agent;
    },
  };
}
