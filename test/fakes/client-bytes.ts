/** What a client sends that names the socket's path in its requests, for tests of the front that takes it. */
import { Flag, FrameType, writeFrame } from '../../shared/rpc/http2/frames.ts';
import { messageHead, PREFACE } from './http2-bytes.ts';

export const SOCKET_PATH = '/tmp/spire-agent/public/api.sock';
const FETCH = '/SpiffeWorkloadAPI/FetchX509SVID';

/** As gRPC for Java writes it: literals that are to be remembered (RFC 7541 6.2.1), names by their number. */
function remembered(name: number | string, value: string): Uint8Array {
  const text = (given: string): Uint8Array => Buffer.concat([Buffer.of(given.length), Buffer.from(given)]);
  const head =
    typeof name === 'number' ? Buffer.of(0x40 | name) : Buffer.concat([Buffer.of(0x40), text(name)]);
  return Buffer.concat([head, text(value)]);
}

const POST_HTTP = Buffer.of(0x83, 0x86);
const CONTENT_TYPE = 31; // RFC 7541 appendix A
const AUTHORITY = 1;
const PATH = 4;

/** The first request's headers; all but the method and the scheme are to be remembered. */
export const firstHeaders = (authority = SOCKET_PATH): Uint8Array =>
  Buffer.concat([
    remembered(AUTHORITY, authority),
    remembered(PATH, FETCH),
    POST_HTTP,
    remembered(CONTENT_TYPE, 'application/grpc'),
    remembered('te', 'trailers'),
    remembered('workload.spiffe.io', 'true'),
  ]);

/** The same request again: everything by the number that it has by now. */
export const nextHeaders = (): Uint8Array => Buffer.of(0xc2, 0xc1, 0x83, 0x86, 0xc0, 0xbf, 0xbe);

export const settings = (): Uint8Array =>
  writeFrame({ type: FrameType.settings, flags: 0, stream: 0, payload: Buffer.from('000200000000', 'hex') });
export const acknowledgement = (): Uint8Array =>
  writeFrame({ type: FrameType.settings, flags: Flag.ack, stream: 0, payload: new Uint8Array() });
export const ping = (): Uint8Array =>
  writeFrame({ type: FrameType.ping, flags: 0, stream: 0, payload: Buffer.from('ping8888') });

export const headers = (stream: number, block: Uint8Array, flags: number = Flag.endHeaders): Uint8Array =>
  writeFrame({ type: FrameType.headers, flags, stream, payload: block });
export const continuation = (
  stream: number,
  block: Uint8Array,
  flags: number = Flag.endHeaders,
): Uint8Array => writeFrame({ type: FrameType.continuation, flags, stream, payload: block });
export const data = (stream: number, payload: Uint8Array = messageHead(0)): Uint8Array =>
  writeFrame({ type: FrameType.data, flags: Flag.endStream, stream, payload });

/** Everything at once, up to a request. */
export const opening = (authority?: string): Uint8Array =>
  Buffer.concat([PREFACE, settings(), headers(1, firstHeaders(authority)), data(1)]);
