import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { RULES, ruleOf } from '../../../agent/admin-api/gate.ts';
import { routes } from '../../../agent/admin-api/routes.ts';
import type { DebugDefinition } from '../../../proto/gen/spire/agent/debug/v1/Debug.ts';
import type { DelegatedIdentityDefinition } from '../../../proto/gen/spire/api/agent/delegatedidentity/v1/DelegatedIdentity.ts';
import type { LoggerDefinition } from '../../../proto/gen/spire/api/agent/logger/v1/Logger.ts';
import type { ExplainDefinition } from '../../../proto/gen/writ/explain/v1/Explain.ts';
import { Code, CodedError, unavailable } from '../../../shared/errors.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { update } from '../workload-api/door.ts';
import { AdminDoor } from './admin-door.ts';

const NOTHING = { clock: undefined, delegated: {}, debug: {} } as never;

/** The outcome of a call: OK, or its code and words. */
async function outcomeOf(call: Promise<unknown>): Promise<readonly [number, string]> {
  try {
    await call;
    return [0, ''];
  } catch (error) {
    assert.ok(error instanceof CodedError);
    return [error.code, error.message];
  }
}

describe('who may call what on the admin socket', () => {
  let door: AdminDoor;
  beforeEach(async () => {
    door = new AdminDoor();
    await door.start();
    door.identities.push(update([]));
    door.identities.entries = [door.delegateEntry];
  });
  afterEach(() => door.stop());

  const NOT_OWNER = [Code.permissionDenied, "only the agent's own user and root may do that"] as const;
  const OK = [0, ''] as const;
  const calls = {
    GetInfo: () => door.client<DebugDefinition>('spire.agent.debug.v1.Debug').unary('GetInfo', {}),
    GetLogger: () => door.client<LoggerDefinition>('spire.api.agent.logger.v1.Logger').unary('GetLogger', {}),
    SetLogLevel: () =>
      door
        .client<LoggerDefinition>('spire.api.agent.logger.v1.Logger')
        .unary('SetLogLevel', { new_level: 'DEBUG' }),
    ResetLogLevel: () =>
      door.client<LoggerDefinition>('spire.api.agent.logger.v1.Logger').unary('ResetLogLevel', {}),
    ExplainProcess: () =>
      door.client<ExplainDefinition>('writ.explain.v1.Explain').unary('ExplainProcess', { pid: 1 }),
    SubscribeToX509Bundles: () =>
      door
        .client<DelegatedIdentityDefinition>('spire.api.agent.delegatedidentity.v1.DelegatedIdentity')
        .serverStream('SubscribeToX509Bundles', {})
        .next(),
  };
  const table = [
    { who: 'root', uid: 0, owns: true },
    { who: "the agent's own user", uid: 1_000, owns: true },
    { who: 'another user, whom the file lets in', uid: 2_000, owns: false },
  ];
  for (const { who, uid, owns } of table)
    it(`answers ${who}`, async () => {
      door.peers.uid = uid;
      const forOwners = owns ? OK : NOT_OWNER;
      assert.deepEqual(await outcomeOf(calls.GetLogger()), OK);
      assert.deepEqual(await outcomeOf(calls.SetLogLevel()), forOwners);
      assert.deepEqual(await outcomeOf(calls.ResetLogLevel()), forOwners);
      assert.deepEqual(await outcomeOf(calls.ExplainProcess()), forOwners);
      assert.equal((await outcomeOf(calls.GetInfo()))[0], Code.internal); // it has no SVID here
      assert.deepEqual(await outcomeOf(calls.SubscribeToX509Bundles()), OK); // who it is decides, not its user
    });

  for (const { says, prepare, outcome } of [
    {
      says: 'whom no entry matches',
      prepare: () => {
        door.identities.entries = [];
      },
      outcome: [Code.permissionDenied, 'no identity issued'],
    },
    {
      says: 'whose IDs are none of authorized_delegates',
      prepare: () => {
        door.identities.entries = [
          { ...door.delegateEntry, spiffeId: SpiffeId.parse('spiffe://example.org/delegate/other') },
        ];
      },
      outcome: [Code.permissionDenied, 'caller not configured as an authorized delegate'],
    },
    {
      says: 'whose selectors are not all of those that the entry of the delegate asks for',
      prepare: () => {
        door.identities.entries = [
          {
            ...door.delegateEntry,
            selectors: [...door.delegateEntry.selectors, parseSelector('unix:gid:9')],
          },
        ];
      },
      outcome: [Code.permissionDenied, 'no identity issued'],
    },
    {
      says: 'who cannot be attested',
      prepare: () => {
        door.attestationFault = unavailable('the process is gone');
      },
      outcome: [Code.internal, 'workload attestation failed'],
    },
  ])
    it(`refuses as a delegate one ${says}`, async () => {
      prepare();
      assert.deepEqual(await outcomeOf(calls.SubscribeToX509Bundles()), outcome);
    });

  it('refuses everybody as a delegate where the configuration names none', async () => {
    const other = new AdminDoor({ authorized: [] });
    await other.start();
    try {
      other.identities.push(update([]));
      other.identities.entries = [door.delegateEntry];
      const call = other
        .client<DelegatedIdentityDefinition>('spire.api.agent.delegatedidentity.v1.DelegatedIdentity')
        .serverStream('SubscribeToX509SVIDs', { pid: 1 })
        .next();
      assert.deepEqual(await outcomeOf(call), [
        Code.permissionDenied,
        'caller not configured as an authorized delegate',
      ]);
    } finally {
      await other.stop();
    }
  });

  it('says that it knows nothing yet before the first synchronisation', async () => {
    const other = new AdminDoor();
    await other.start();
    try {
      const call = other
        .client<DelegatedIdentityDefinition>('spire.api.agent.delegatedidentity.v1.DelegatedIdentity')
        .serverStream('SubscribeToX509Bundles', {})
        .next();
      assert.equal((await outcomeOf(call))[0], Code.unavailable);
    } finally {
      await other.stop();
    }
  });

  it('lets an operator in whose process cannot be held, and no delegate', async () => {
    door.peers.capture = () => {
      throw unavailable('another pid namespace');
    };
    assert.deepEqual(await outcomeOf(calls.GetLogger()), OK);
    assert.deepEqual(await outcomeOf(calls.SubscribeToX509Bundles()), [
      Code.unavailable,
      'another pid namespace',
    ]);
  });

  it('lets go of the process with its connection', async () => {
    await calls.GetLogger();
    const [peer] = door.peers.captured;
    assert.equal(peer?.closes, 0);
    await door.stop();
    assert.equal(peer?.closes, 1);
    door = new AdminDoor();
    await door.start();
  });

  it('has a rule for each RPC, and none for what is not there', () => {
    const served = Object.entries(routes(NOTHING)).flatMap(([service, rpcs]) =>
      Object.keys(rpcs).map((rpc) => `/${service}/${rpc}`),
    );
    for (const method of served) assert.notEqual(ruleOf(method), undefined, method);
    for (const key of Object.keys(RULES))
      assert.ok(
        served.some((method) => method.startsWith(key)),
        key,
      );
    assert.equal(ruleOf('/spire.api.agent.logger.v1.Logger/Other'), undefined);
  });

  it('tells of failures so often, and then how many were left out', async () => {
    door.peers.uid = 2_000;
    const logger = door.client<LoggerDefinition>('spire.api.agent.logger.v1.Logger');
    for (let times = 0; times < 60; times += 1) await outcomeOf(logger.unary('ResetLogLevel', {}));
    const said = () => door.log.lines.filter(({ level }) => level === 'warn');
    assert.equal(said().length, 50);
    await door.clock.advance(1_000);
    await outcomeOf(logger.unary('ResetLogLevel', {}));
    const { fields } = said().at(-1) ?? assert.fail();
    assert.deepEqual(
      [fields['omitted'], fields['uid'], fields['method']],
      [10, 2_000, '/spire.api.agent.logger.v1.Logger/ResetLogLevel'],
    );
  });
});
