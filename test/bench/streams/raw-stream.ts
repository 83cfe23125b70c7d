/** One FetchX509SVID on a connection of its own, with as little of a client as will do. Used by open-streams and restart. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';

const EMPTY_MESSAGE = Buffer.alloc(5);

export class RawStream {
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  /** Calls back with each piece of a message that comes, and when the stream ends. */
  constructor(path: string, onNews: (isOver: boolean) => void) {
    this.#session = connectHttp2('http://localhost', { createConnection: () => connect(path) });
    this.#session.on('error', () => {});
    this.#stream = this.#session.request({
      ':method': 'POST',
      ':path': '/SpiffeWorkloadAPI/FetchX509SVID',
      'content-type': 'application/grpc',
      te: 'trailers',
      'workload.spiffe.io': 'true',
    });
    this.#stream.on('data', () => onNews(false));
    this.#stream.on('error', () => {});
    this.#stream.on('close', () => onNews(true));
    this.#stream.end(EMPTY_MESSAGE);
  }

  close(): void {
    this.#session.destroy();
  }
}
