import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeyPoll } from '../../../server/oidc/key-poll.ts';
import type { KeySource } from '../../../server/oidc/key-source/key-source.ts';
import { Probes } from '../../../server/oidc/probes.ts';
import type { TokenAuthority } from '../../../shared/bundle/bundle.ts';
import { unavailable } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { authorityOf } from './token-authorities.ts';

class Source implements KeySource {
  readonly failure = 'Failed to fetch bundle';
  asked = 0;
  answer: () => Promise<readonly TokenAuthority[]> = () => Promise.reject(unavailable('no server'));

  fetch(): Promise<readonly TokenAuthority[]> {
    this.asked += 1;
    return this.answer();
  }
}

function polled(intervalSeconds = 10) {
  const [source, clock, log, ends] = [new Source(), new FakeClock(), new FakeLog(), new AbortController()];
  const poll = new KeyPoll({ source, intervalSeconds, clock, log });
  const probes = new Probes({ keys: poll, pollIntervalSeconds: intervalSeconds, clock });
  const stop = async (): Promise<void> => {
    ends.abort(new Error('stopping'));
    await poll.stop();
    assert.equal(clock.sleeping, 0);
  };
  const health = () => [probes.answer('isLive').isHealthy, probes.answer('isReady').isHealthy];
  return { source, clock, log, poll, stop, health, start: () => poll.start(ends.signal) };
}

describe('the poll for keys', () => {
  it('asks at once and then by its interval, and keeps what it had where it fails', async () => {
    const { source, clock, log, poll, start, stop } = polled();
    await start();
    await clock.advance(0);
    assert.deepEqual([source.asked, poll.current, poll.lastSuccess], [1, undefined, undefined]);
    assert.deepEqual(log.lines.at(-1), {
      level: 'warn',
      message: 'Failed to fetch bundle',
      fields: { error: 'no server' },
    });
    const key = await authorityOf('one');
    source.answer = async () => [key];
    await clock.advance(10_000);
    const had = poll.current;
    assert.equal(had?.aliveAt(clock.now()).keys.length, 1);
    source.answer = () => Promise.reject(new Error('gone'));
    await clock.advance(20_000);
    assert.deepEqual([source.asked, poll.current], [4, had]);
    await stop();
  });

  it('makes a new set of another answer alone, and says so once', async () => {
    const { source, clock, log, poll, start, stop } = polled();
    const keys = [await authorityOf('one')];
    source.answer = async () => keys.map((key) => ({ ...key }));
    await start();
    await clock.advance(30_000);
    const first = poll.current;
    assert.deepEqual(log.messages('info'), ['keys published']);
    keys.push(await authorityOf('two'));
    await clock.advance(10_000);
    assert.notEqual(poll.current, first);
    assert.deepEqual(log.messages('info'), ['keys published', 'keys published']);
    await stop();
  });

  it('names the keys that it cannot publish', async () => {
    const { source, clock, log, start, stop } = polled();
    const key = { ...(await authorityOf('odd')), publicKey: Uint8Array.of(0) };
    source.answer = async () => [key];
    await start();
    await clock.advance(10_000);
    const warned = log.lines.filter(({ level }) => level === 'warn');
    assert.deepEqual(
      warned.map(({ message, fields }) => [message, fields['kid']]),
      [['key not published', 'odd']],
    );
    await stop();
  });

  it('ends without a word while it asks', async () => {
    const { source, clock, log, start, stop } = polled();
    const answer = Promise.withResolvers<readonly TokenAuthority[]>();
    source.answer = () => answer.promise;
    await start();
    await clock.advance(0);
    const stopped = stop();
    answer.reject(new Error('the call was cancelled'));
    await stopped;
    assert.deepEqual(log.lines, []);
  });
});

describe('the probes', () => {
  it('are live without keys for three minutes, ready with them, and neither where none came for three minutes', async () => {
    const { source, clock, start, stop, health } = polled();
    await start();
    await clock.advance(0);
    assert.deepEqual(health(), [true, false]);
    source.answer = async () => [];
    await clock.advance(10_000);
    assert.deepEqual(health(), [true, true]);
    source.answer = () => Promise.reject(new Error('gone'));
    await clock.advance(179_000);
    assert.deepEqual(health(), [true, true]);
    await clock.advance(1_000);
    assert.deepEqual(health(), [false, false]);
    source.answer = async () => [];
    await clock.advance(10_000);
    assert.deepEqual(health(), [true, true]);
    await stop();
  });

  it('are not live any more where keys never came', async () => {
    const { clock, start, stop, health } = polled();
    await start();
    await clock.advance(179_000);
    assert.deepEqual(health(), [true, false]);
    await clock.advance(1_000);
    assert.deepEqual(health(), [false, false]);
    await stop();
  });

  it('wait for five polls where those are far apart', async () => {
    const { source, clock, start, stop, health } = polled(60);
    source.answer = async () => [];
    await start();
    await clock.advance(0);
    source.answer = () => Promise.reject(new Error('gone'));
    await clock.advance(299_000);
    assert.deepEqual(health(), [true, true]);
    await clock.advance(1_000);
    assert.deepEqual(health(), [false, false]);
    await stop();
  });
});
