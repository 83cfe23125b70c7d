/** Looks whether a port can be had before a server is started that would fail on it. */
import { createServer } from 'node:net';

/** A port of 127.0.0.1 that nobody listens on at the moment. */
export function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Throws with what to do when 127.0.0.1:port is taken or not allowed. */
export function checkPortFree(port: number): Promise<void> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => reject(explained(error, port)));
    probe.listen({ host: '127.0.0.1', port }, () => probe.close(() => resolve()));
  });
}

function explained(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new Error(
      `port ${port} is taken: stop what listens there ('ss -ltnp sport = :${port}' shows it), or choose another with --port`,
    );
  }
  if (error.code === 'EACCES') {
    return new Error(`port ${port} needs more rights than this user has: choose one above 1023 with --port`);
  }
  return error;
}
