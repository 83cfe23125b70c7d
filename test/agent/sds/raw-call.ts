/** One call of SDS without a library: nothing but what the test gives it goes out, nothing is read unless it asks. */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { messageType } from '../../../shared/rpc/messages.ts';
import { until } from '../workload-api/door.ts';
import { SERVICE } from './xds.ts';

const HEAD_BYTES = 5; // gRPC over HTTP/2: a flag, and the length
const XDS = 'envoy.service.discovery.v3';

export interface Answer {
  readonly nonce: string;
  readonly resources: readonly unknown[];
}

export class RawCall {
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #prefix: string;
  #came: Buffer = Buffer.alloc(0);
  #status: string | undefined;

  constructor(path: string, rpc: 'StreamSecrets' | 'DeltaSecrets') {
    this.#session = connectHttp2('http://agent', { createConnection: () => connect(path) });
    this.#session.on('error', () => {});
    this.#stream = this.#session.request({
      ':method': 'POST',
      ':path': `/${SERVICE}/${rpc}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    this.#stream.on('error', () => {});
    const note = (headers: object): void => {
      if ('grpc-status' in headers) this.#status = String(headers['grpc-status']);
    };
    this.#stream.on('response', note).on('trailers', note);
    this.#prefix = rpc === 'DeltaSecrets' ? 'Delta' : '';
  }

  send(message: Uint8Array): void {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32BE(message.length, 1);
    this.#stream.write(Buffer.concat([head, message]));
  }

  ask(request: object): void {
    this.send(messageType(`${XDS}.${this.#prefix}DiscoveryRequest`).encode(request));
  }

  /** From now on; before it, the window of HTTP/2 fills. */
  #read(): void {
    if (this.#stream.listenerCount('data') === 0)
      this.#stream.on('data', (bytes: Buffer) => (this.#came = Buffer.concat([this.#came, bytes])));
  }

  #end(): number {
    return HEAD_BYTES + (this.#came.length < HEAD_BYTES ? 0 : this.#came.readUInt32BE(1));
  }

  async next(): Promise<Answer> {
    this.#read();
    await until(() => this.#came.length >= HEAD_BYTES && this.#came.length >= this.#end());
    const message = this.#came.subarray(HEAD_BYTES, this.#end());
    this.#came = this.#came.subarray(this.#end());
    return messageType(`${XDS}.${this.#prefix}DiscoveryResponse`).decode(message) as Answer;
  }

  /** The status that the call ends with; undefined when the connection is cut. */
  async ended(): Promise<string | undefined> {
    this.#read();
    await until(() => this.#status !== undefined || this.#session.destroyed);
    return this.#status;
  }

  async close(): Promise<void> {
    if (this.#session.destroyed) return;
    const closed = once(this.#session, 'close');
    this.#session.destroy();
    await closed;
  }
}
