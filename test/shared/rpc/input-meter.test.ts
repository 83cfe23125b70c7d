import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { InputMeter, type Metered } from '../../../shared/rpc/input-meter.ts';
import { FakeClock } from '../../fakes/clock.ts';

const KIB = 1_024;
const LOOK_MS = 250;

class FakeSocket {
  bytesRead = 100;
  isCut = false;
  #close = (): void => {};

  destroy(): void {
    this.isCut = true;
  }

  on(_event: string, listener: () => void): void {
    this.#close = listener;
  }

  close(): void {
    this.#close();
  }
}

describe('what peers send', () => {
  const clock = new FakeClock();
  let told: number[] = [];
  let meter: InputMeter<number>;

  beforeEach(() => {
    told = [];
    meter = new InputMeter({ clock, onTooMuch: (key) => void told.push(key) });
    meter.start();
  });
  afterEach(() => meter.stop());

  const watch = (key: number): FakeSocket => {
    const socket = new FakeSocket();
    meter.watch(socket as unknown as Metered, key);
    return socket;
  };

  it('is nobody’s concern below a mebibyte in a quarter of a second', async () => {
    const sockets = [watch(1), watch(1), watch(2)];
    for (let look = 0; look < 8; look += 1) {
      for (const socket of sockets) socket.bytesRead += 500 * KIB;
      await clock.advance(LOOK_MS);
    }
    assert.deepEqual([told, sockets.some(({ isCut }) => isCut)], [[], false]);
  });

  it('costs a peer that sends more the connections that it came from, and no other', async () => {
    const [loud, quiet, other] = [watch(1), watch(1), watch(2)];
    loud.bytesRead += 2_000 * KIB;
    quiet.bytesRead += 100 * KIB;
    other.bytesRead += 900 * KIB;
    await clock.advance(LOOK_MS);
    assert.deepEqual([loud.isCut, quiet.isCut, other.isCut], [true, false, false]);
    assert.deepEqual(told, [1]);
  });

  it('counts less where it is of messages that reach their calls, and once for as much as can be on its way', async () => {
    const bodies = new InputMeter<number>({ clock, onTooMuch: (key) => void told.push(key), bodyWorth: 16 });
    bodies.start();
    const sockets = Array.from({ length: 100 }, () => new FakeSocket());
    for (const socket of sockets) bodies.watch(socket as unknown as Metered, 1);
    for (let look = 0; look < 4; look += 1) {
      for (const socket of sockets) socket.bytesRead += 60 * KIB;
      await clock.advance(LOOK_MS);
      for (const socket of sockets) bodies.bodyCame(socket, 60 * KIB);
    }
    assert.deepEqual(told, []);
    for (let look = 0; look < 2; look += 1) {
      for (const socket of sockets) socket.bytesRead += 60 * KIB;
      await clock.advance(LOOK_MS);
    }
    assert.deepEqual(told, [1]);
    await bodies.stop();
  });

  it('is added up over all connections of a peer', async () => {
    const sockets = Array.from({ length: 100 }, () => watch(1));
    for (const socket of sockets) socket.bytesRead += 20 * KIB;
    await clock.advance(LOOK_MS);
    const left = sockets.filter(({ isCut }) => !isCut).length;
    assert.ok(left > 0 && left * 20 <= 512, `${left} connections are left`);
    assert.deepEqual(told, [1]);
  });

  it('is forgotten with its connection', async () => {
    const socket = watch(1);
    socket.bytesRead += 2_000 * KIB;
    socket.close();
    await clock.advance(LOOK_MS);
    assert.deepEqual([told, socket.isCut], [[], false]);
  });
});
