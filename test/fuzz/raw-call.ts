/** One gRPC call with whatever bytes and headers, and what became of it. Used by the random tests of the doors. */
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect as connectNet } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { TlsIdentity } from '../../shared/tls/listen.ts';

export interface RawCall {
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** With their heads: see `framed`. */
  readonly body: Buffer;
  /** The first message answers it: the stream may go on for ever. */
  readonly isStream?: boolean;
}

export interface Outcome {
  /** The gRPC status; undefined when the call was cut, or answered by HTTP alone. */
  readonly status: number | undefined;
  readonly message: string;
  readonly httpStatus: number | undefined;
  /** The first message of the answer, without its head. */
  readonly response: Buffer | undefined;
  /** `open`: an answer came, and the stream went on. */
  readonly end: 'answered' | 'open' | 'cut' | 'silent';
}

export const framed = (message: Uint8Array, flag = 0, length = message.length): Buffer => {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
};

export const openUnix = (path: string): ClientHttp2Session =>
  quiet(connectHttp2('http://localhost', { createConnection: () => connectNet(path) }));

export function openTls(
  port: number,
  identity?: TlsIdentity,
  more: ConnectionOptions = {},
): ClientHttp2Session {
  const certificate =
    identity === undefined
      ? {}
      : {
          cert: identity.certificatePem,
          key: identity.privateKey.export({ format: 'pem', type: 'pkcs8' }),
        };
  const options = {
    host: '127.0.0.1',
    port,
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
    ...certificate,
    ...more,
  };
  return quiet(connectHttp2('https://localhost', { createConnection: () => connectTls(options) }));
}

function quiet(session: ClientHttp2Session): ClientHttp2Session {
  session.on('error', () => {});
  return session;
}

/** Long enough for a loaded machine: only a call that is never answered takes it. */
const ANSWER_MAX_MS = 20_000;

export function rawCall(
  session: ClientHttp2Session,
  { path, headers = {}, body, isStream }: RawCall,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let answer: Record<string, unknown> = {};
    let data = Buffer.alloc(0);
    const settle = (end: Outcome['end']): void => {
      clearTimeout(timer);
      resolve(outcomeOf({ answer, data, end }));
      // A server ends a connection that cancels too many streams, as it should: only those that go on.
      if (end === 'open' || end === 'silent') stream.close(constants.NGHTTP2_CANCEL);
    };
    const timer = setTimeout(() => settle('silent'), ANSWER_MAX_MS);
    stream.on('response', (received) => {
      answer = { ...received };
      if (answer['grpc-status'] !== undefined) settle('answered');
    });
    stream.on('trailers', (received) => {
      answer = { ...answer, ...received };
      settle('answered');
    });
    stream.on('data', (bytes: Buffer) => {
      data = Buffer.concat([data, bytes]);
      if (isStream === true) settle('open');
    });
    stream.on('error', () => settle('cut'));
    stream.on('close', () => settle(answer[':status'] === undefined ? 'cut' : 'answered'));
    stream.end(body);
  });
}

interface Gathered {
  readonly answer: Record<string, unknown>;
  readonly data: Buffer;
  readonly end: Outcome['end'];
}

function outcomeOf({ answer, data, end }: Gathered): Outcome {
  const status = answer['grpc-status'];
  return {
    status: typeof status === 'string' ? Number(status) : undefined,
    message: decodeURIComponent(textOf(answer['grpc-message']).replaceAll(/%(?![0-9A-F]{2})/g, '%25')),
    httpStatus: typeof answer[':status'] === 'number' ? answer[':status'] : undefined,
    response: data.length > 5 ? data.subarray(5) : undefined,
    end,
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
