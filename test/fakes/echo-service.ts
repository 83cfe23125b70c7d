/** A gRPC service that says who calls, and sends back what it gets. Used by the tests of the client library's credentials. */
import {
  type Client,
  type ClientDuplexStream,
  type sendUnaryData,
  Server,
  type ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';
import { checkPeer, peerIdOf } from '../../shared/client/index.ts';
import { messageOf } from '../../shared/errors.ts';

const asIs = (bytes: Buffer): Buffer => bytes;
const how = {
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};
const service = {
  who: { path: '/test.Echo/Who', requestStream: false, responseStream: false, ...how },
  check: { path: '/test.Echo/Check', requestStream: false, responseStream: false, ...how },
  echo: { path: '/test.Echo/Echo', requestStream: true, responseStream: true, ...how },
} satisfies ServiceDefinition;

type Done = sendUnaryData<Buffer>;
type UnaryCall = ServerUnaryCall<Buffer, Buffer>;

export class EchoService {
  readonly server = new Server();
  /** How often somebody wanted to know who he is. */
  asked = 0;
  /** The addresses from which he did. */
  readonly peers = new Set<string>();
  /** Serial number, decimal, of the certificate of whoever did last. */
  serial = '';

  constructor() {
    this.server.addService(service, {
      who: (call: UnaryCall, done: Done) => this.#who(call, done),
      check: (call: UnaryCall, done: Done) => check(call, done),
      echo: (call: ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', (bytes: Buffer) => call.write(bytes));
        call.on('end', () => call.end());
        call.on('error', () => {});
      },
    });
  }

  #who(call: UnaryCall, done: Done): void {
    const { transportSecurityType, sslPeerCertificate } = call.getAuthContext();
    this.asked += 1;
    this.peers.add(call.getPeer());
    this.serial = BigInt(`0x${sslPeerCertificate?.serialNumber ?? 0}`).toString();
    const token = call.metadata.get('token').join('');
    done(null, Buffer.from(`${transportSecurityType} ${peerIdOf(call)} ${token}`.trim()));
  }

  /** Where it listens. */
  bind(creds: ServerCredentials): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.bindAsync('127.0.0.1:0', creds, (error, port) =>
        error === null ? resolve(`127.0.0.1:${port}`) : reject(error),
      );
    });
  }

  stop(): void {
    this.server.forceShutdown();
  }
}

function check(call: UnaryCall, done: Done): void {
  try {
    done(null, Buffer.from(`ssl ${checkPeer(call)}`));
  } catch (error) {
    done({ code: status.UNAUTHENTICATED, details: messageOf(error) });
  }
}

const PATIENCE_MS = 20_000;

/** Who the service takes us for: `ssl ID`, and the token of the metadata. `check` looks at the SVID once more. */
export function ask(client: Client, rpc: 'who' | 'check' = 'who'): Promise<string> {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + PATIENCE_MS;
    client.makeUnaryRequest(service[rpc].path, asIs, asIs, Buffer.alloc(0), { deadline }, (error, answer) =>
      error === null ? resolve(String(answer)) : reject(error),
    );
  });
}

export type EchoStream = ClientDuplexStream<Buffer, Buffer>;

export const openEcho = (client: Client): EchoStream =>
  client.makeBidiStreamRequest(service.echo.path, asIs, asIs);

export function echo(stream: EchoStream, text: string): Promise<string> {
  const answer = new Promise<string>((resolve, reject) => {
    stream.once('data', (bytes: Buffer) => resolve(String(bytes))).once('error', reject);
  });
  stream.write(Buffer.from(text));
  return answer;
}
