/** The file descriptor of a connected socket, for what only the kernel tells. Called by both halves' Unix listeners. */
import type { Socket } from 'node:net';
import { unavailable } from '../errors.ts';

/** Undocumented, but the same in every release of Node, and the only way to it. Throws Unavailable when the socket is closed. */
export function descriptorOf(socket: Socket): number {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  const fd = typeof handle === 'object' && handle !== null && 'fd' in handle ? handle.fd : undefined;
  if (typeof fd !== 'number' || fd < 0) throw unavailable('the connection is gone');
  return fd;
}
