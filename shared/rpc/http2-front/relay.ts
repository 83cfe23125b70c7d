/** Stands between a client and the server, which gets a socket of its own for it, and rewrites the requests. Used by front. */
import type { Socket } from 'node:net';
import { PREFACE } from './first-request.ts';
import { RequestRewriter } from './rewrite-requests.ts';

export interface RelayOptions {
  readonly client: Socket;
  /** What came from it so far, from the preface on. */
  readonly held: Uint8Array;
  /** Whether it has yet to acknowledge settings that the server did not send. */
  readonly dropsAcknowledgement: boolean;
  /** Two ends of one connection. */
  readonly ends: readonly [near: Socket, far: Socket];
  readonly serve: (far: Socket) => void;
}

/** Each side closes when the other does. What the server says goes on untouched. */
export function relay({ client, held, dropsAcknowledgement, ends: [near, far], serve }: RelayOptions): void {
  const rewriter = new RequestRewriter({ dropsAcknowledgement });
  client.on('close', () => near.destroy());
  near.on('error', () => near.destroy());
  near.on('close', () => client.destroySoon());
  serve(far);
  near.write(held.subarray(0, PREFACE.length));
  near.write(rewriter.read(held.subarray(PREFACE.length)));
  near.pipe(client);
  client.on('data', (chunk: Buffer) => {
    if (!near.write(rewriter.read(chunk))) client.pause();
  });
  near.on('drain', () => client.resume());
  client.on('end', () => near.end());
}
