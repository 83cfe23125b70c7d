/** A source from its first identity to its end: what it waits for, outlives, gives up and frees. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SOCKET_VARIABLE, WorkloadApiClient, X509Source } from '../../../shared/client/index.ts';
import { Code, CodedError, permissionDenied, unavailable } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeTrustDomain } from '../../fakes/trust-domain.ts';
import { FakeWorkloadApi } from '../../fakes/workload-api-server.ts';

const ID = 'spiffe://example.org/web';
const HOUR_MS = 3_600_000;
const denied = permissionDenied('no identity issued');

describe('an X509Source', () => {
  let clock: FakeClock;
  let domain: FakeTrustDomain;
  let api: FakeWorkloadApi;
  const sources: X509Source[] = [];

  beforeEach(async () => {
    clock = new FakeClock();
    domain = await FakeTrustDomain.make({ clock });
    api = new FakeWorkloadApi();
    await api.start();
  });
  afterEach(async () => {
    for (const source of sources.splice(0)) source.close();
    await api.stop();
  });

  const issue = async (): Promise<void> => api.set({ response: await domain.issue(ID) });

  async function create(): Promise<X509Source> {
    const source = await X509Source.create({ address: api.address, clock });
    sources.push(source);
    return source;
  }

  /** Resolves with the message of the next failure that the source tells. */
  const nextError = (source: X509Source): Promise<string> =>
    new Promise((resolve) => {
      const stop = source.onError(({ message }) => {
        stop();
        resolve(message);
      });
    });

  const isDenied = (error: unknown): boolean =>
    error instanceof CodedError && error.code === Code.permissionDenied;

  it('waits for its first identity through denials and outages, with growing pauses', async () => {
    api.set({ error: denied });
    const creating = create();
    await clock.until(() => clock.sleeping === 1);
    assert.equal(api.streams, 1);
    await clock.advance(179);
    assert.equal(api.streams, 1, 'not yet: 200 ms, a tenth more or less');
    await clock.advance(42);
    await clock.until(() => api.streams === 2 && clock.sleeping === 1);
    api.set({ error: unavailable('starting') });
    await clock.advance(359);
    assert.equal(api.streams, 2, 'twice as long');
    await clock.advance(82);
    await clock.until(() => api.streams === 3 && clock.sleeping === 1);
    await issue();
    await clock.advance(10_000);
    const source = await creating;
    assert.equal(source.identity().svid.id.toString(), ID);
    assert.equal(source.lastError, undefined);
  });

  it('gives up waiting when its signal aborts, and says what the Workload API said', async () => {
    api.set({ error: denied });
    const giveUp = new AbortController();
    const creating = X509Source.create({ address: api.address, clock, signal: giveUp.signal });
    await clock.until(() => clock.sleeping === 1);
    giveUp.abort();
    await assert.rejects(creating, isDenied);
    await clock.until(() => clock.sleeping === 0);
  });

  it('says where it looked for an agent that is not there, and what to look at', async () => {
    const nowhere = new FakeWorkloadApi();
    const address = nowhere.address;
    const giveUp = new AbortController();
    const creating = X509Source.create({ address, clock, signal: giveUp.signal });
    await clock.until(() => clock.sleeping === 1);
    giveUp.abort();
    await assert.rejects(creating, (error: CodedError) => {
      assert.equal(error.code, Code.unavailable);
      assert.equal(
        error.message,
        `no Workload API at ${address}: there is no such socket; is the agent running, and is that its address?`,
      );
      return true;
    });
    await nowhere.stop();
  });

  it('leaves nothing on a signal that lives longer than the waiting', async () => {
    await issue();
    const giveUp = new AbortController();
    const source = await X509Source.create({ address: api.address, clock, signal: giveUp.signal });
    sources.push(source);
    giveUp.abort();
    assert.equal(source.hasIdentity, true);
  });

  it('refuses to wait where waiting is of no use: the Workload API has no X.509-SVIDs', async () => {
    api.set({ error: new CodedError(Code.unimplemented, 'not here') });
    await assert.rejects(create(), /not here/);
  });

  it('keeps its identity while the agent is away, says so, and follows the next one', async () => {
    const now = await FakeTrustDomain.make(); // the connection's own pauses are real, and so is the time here
    api.set({ response: await now.issue(ID) });
    const source = await X509Source.create({ address: api.address });
    sources.push(source);
    const { serialNumber } = source.identity().svid;
    const told = nextError(source);
    await api.cut();
    await told;
    assert.equal(source.lastError?.code, Code.unavailable);
    assert.equal(source.authorities('example.org')?.length, 1);
    const updated = new Promise<void>((resolve) => source.onUpdate(resolve));
    api.set({ response: await now.issue(ID) });
    await api.start();
    await updated;
    assert.notEqual(source.identity().svid.serialNumber, serialNumber);
    assert.equal(source.lastError, undefined);
  });

  it('gives up an identity that has expired while the Workload API was away, and says why', async () => {
    await issue();
    const source = await create();
    const told = nextError(source);
    api.set({ error: unavailable('restarting') });
    assert.equal(await told, 'restarting');
    const expiresAt = source.identity().svid.expiresAt;
    clock.jump(expiresAt);
    assert.equal(source.hasIdentity, true);
    clock.jump(new Date(expiresAt.getTime() + 1));
    assert.equal(source.hasIdentity, false);
    assert.throws(
      () => source.identity(),
      /expired at 2026-01-01T01:00:00\.000Z and none has followed: restarting/,
    );
    assert.throws(() => source.verify([]), /expired/);
    await issue();
    await clock.advance(10_000);
    await clock.until(() => source.hasIdentity);
    assert.equal(source.identity().svid.expiresAt.getTime() > clock.now().getTime() + HOUR_MS / 2, true);
  });

  it('gives up its identity at once when it is denied, tells, and takes it again', async () => {
    await issue();
    const source = await create();
    const lost = new Promise<void>((resolve) => source.onUpdate(resolve));
    api.set({ error: denied });
    await lost;
    assert.equal(source.hasIdentity, false);
    assert.deepEqual(source.bundles(), new Map());
    assert.ok(isDenied(source.lastError));
    assert.throws(() => source.identity(), /no X\.509-SVID at the moment: no identity issued/);
    await issue();
    await clock.until(() => clock.sleeping === 1);
    await clock.advance(250);
    await clock.until(() => source.hasIdentity);
  });

  it('goes on when a listener fails, and tells the others', async () => {
    await issue();
    const source = await create();
    const heard: string[] = [];
    source.onUpdate(() => {
      throw new Error('of the program');
    });
    source.onError(() => {
      throw new Error('again');
    });
    source.onError(({ message }) => heard.push(message));
    for (const count of [1, 2]) {
      const updated = new Promise<void>((resolve) => source.onUpdate(resolve));
      await issue();
      await updated;
      await clock.until(() => heard.length === count);
    }
    assert.match(heard[0] ?? '', /a listener of the source failed: of the program/);
    assert.equal(api.streams, 1, 'the stream is the same');
    assert.equal(source.lastError, undefined);
  });

  it('frees its stream, its connection, its timers and its keys when it is closed', async () => {
    await issue();
    const source = await create();
    await clock.until(() => api.open === 1);
    let told = 0;
    source.onUpdate(() => (told += 1));
    source.close();
    assert.equal(told, 1, 'the loss of the identity');
    assert.throws(() => source.identity(), /no X\.509-SVID at the moment: the source is closed/);
    await clock.until(() => api.open === 0);
    await issue();
    assert.equal(clock.sleeping, 0);
    assert.equal(told, 1);
    source.close();
  });

  it('frees its timer when it is closed between two attempts', async () => {
    await issue();
    const source = await create();
    api.set({ error: unavailable('away') });
    await clock.until(() => clock.sleeping === 1);
    source.close();
    await clock.until(() => clock.sleeping === 0);
    await clock.advance(60_000);
    assert.equal(api.streams, 1);
  });

  it('is closed at the end of its block', async () => {
    await issue();
    let held: X509Source;
    {
      await using source = await X509Source.create({ address: api.address, clock });
      held = source;
      assert.equal(source.hasIdentity, true);
    }
    assert.equal(held.hasIdentity, false);
  });

  it('finds the Workload API where the environment says, and says so when it does not', () => {
    const before = process.env[SOCKET_VARIABLE];
    try {
      delete process.env[SOCKET_VARIABLE];
      assert.throws(() => new WorkloadApiClient(), /set SPIFFE_ENDPOINT_SOCKET, such as unix:\/\/\//);
      process.env[SOCKET_VARIABLE] = '/run/a.sock';
      assert.throws(() => new WorkloadApiClient(), /bare path: write unix:\/\/\/run\/a\.sock/);
      process.env[SOCKET_VARIABLE] = api.address;
      new WorkloadApiClient().close();
    } finally {
      if (before === undefined) delete process.env[SOCKET_VARIABLE];
      else process.env[SOCKET_VARIABLE] = before;
    }
  });
});
