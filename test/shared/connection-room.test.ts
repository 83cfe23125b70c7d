import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { ConnectionRoom } from '../../shared/connection-room.ts';

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string | undefined;
  isOpen = true;

  constructor(address?: string) {
    super();
    this.remoteAddress = address;
  }

  destroy(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.emit('close');
  }
}

function roomOf(max: number, addresses: readonly (string | undefined)[]) {
  const room = new ConnectionRoom(max);
  const sockets = addresses.map((address) => new FakeSocket(address));
  for (const socket of sockets) room.admit(socket as unknown as Socket);
  return { room, sockets, open: () => sockets.map(({ isOpen }) => (isOpen ? 1 : 0)).join('') };
}

describe('room for connections', () => {
  it('is for so many at a time', () => {
    const { room, sockets, open } = roomOf(2, ['a', 'b']);
    assert.deepEqual([open(), room.open], ['11', 2]);
    sockets[0]?.destroy();
    assert.equal(room.open, 1);
  });

  it('is made by the oldest of who holds the most', () => {
    assert.equal(roomOf(4, ['few', 'many', 'many', 'many', 'last']).open(), '10111');
    assert.equal(roomOf(4, ['few', 'few', 'many', 'many', 'many']).open(), '11011');
  });

  it('is made by the oldest of all where everybody holds the same, or has no address', () => {
    assert.equal(roomOf(2, ['a', 'b', 'c']).open(), '011');
    assert.equal(roomOf(2, [undefined, undefined, undefined]).open(), '011');
  });

  it('is empty once all are closed', () => {
    const { room, open } = roomOf(3, ['a', 'a', 'b']);
    room.closeAll();
    assert.deepEqual([open(), room.open], ['000', 0]);
  });
});
