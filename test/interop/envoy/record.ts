/**
 * Writes test/wire/envoy: what a real Envoy sends over SDS, byte for byte. `./writ node test/interop/envoy/record.ts`, after
 * a move to another version of Envoy. It is served by a stand-in: a secret, then something that is none.
 */
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { certificateSecret } from '../../../agent/sds/secrets.ts';
import { generateKeyPair } from '../../../shared/crypto/keys.ts';
import { bidi, type Send } from '../../../shared/rpc/handler.ts';
import { RpcServer } from '../../../shared/rpc/server.ts';
import { identity } from '../../agent/workload-api/door.ts';
import { SECRET_URL, SERVICE } from '../../agent/sds/xds.ts';
import { makeLeaf, makeRoot } from '../../shared/crypto/pki.ts';
import { eventually } from '../program.ts';
import { Envoys, freePorts } from './envoy.ts';

const OUT = join(import.meta.dirname, '..', '..', 'wire', 'envoy');
const KINDS = { GRPC: 'sotw', DELTA_GRPC: 'delta' } as const;
const STEPS = ['subscribe', 'ack', 'nack'] as const;
/** As long as ours. */
const NONCES = ['c0ffee01', 'c0ffee02'];

const directory = mkdtempSync(join(tmpdir(), 'writ-record-'));
chmodSync(directory, 0o711);
mkdirSync(join(directory, 'public'));
const root = await makeRoot();
const { privateKey, publicKey } = await generateKeyPair('ec-p256');
const leaf = await makeLeaf(root, { publicKey });
const good = identity('/web', {
  chain: [leaf.certificate.raw],
  privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
});
const secrets = [certificateSecret('default', good).body, Buffer.from('no secret')];

/** Answers the first request, and the next ones where there is something left to say. */
const handler = (toAnswer: (at: number) => object) =>
  bidi(async (requests: AsyncIterable<object>, _context: undefined, send: Send<object>) => {
    let at = 0;
    for await (const _request of requests) if (at < secrets.length) await send(toAnswer(at++));
  });
const anyAt = (at: number) => ({ type_url: SECRET_URL, value: secrets[at] });
const rpc = new RpcServer<undefined, undefined>({
  routes: {
    [SERVICE]: {
      StreamSecrets: handler((at) => ({
        version_info: `${at + 1}`,
        nonce: NONCES[at],
        type_url: SECRET_URL,
        resources: [anyAt(at)],
      })),
      DeltaSecrets: handler((at) => ({
        nonce: NONCES[at],
        type_url: SECRET_URL,
        resources: [{ name: 'default', version: `${at + 1}`, resource: anyAt(at) }],
      })),
    },
  },
  gate: async (_call, _read, run) => run(undefined),
});

/** Stands between, and keeps what Envoy sends. */
let sent = Buffer.alloc(0);
const inner = createServer((socket) => rpc.inject(socket, undefined)).listen(join(directory, 'inner.sock'));
const socketPath = join(directory, 'public', 'api.sock');
const outer = createServer((socket: Socket) => {
  const onward = connect(join(directory, 'inner.sock'));
  socket.on('data', (bytes) => (sent = Buffer.concat([sent, bytes as Buffer])));
  for (const one of [socket, onward]) one.on('error', () => one.destroy());
  socket.pipe(onward).pipe(socket);
}).listen({ path: socketPath, writableAll: true, readableAll: true });
await once(outer, 'listening');

const PREFACE_BYTES = 24; // RFC 9113 3.4
const HEAD_BYTES = 9; // RFC 9113 4.1

/** The messages of the first stream, in their order. */
function messages(): readonly Buffer[] {
  let data = Buffer.alloc(0);
  for (let at = PREFACE_BYTES; at + HEAD_BYTES <= sent.length; ) {
    const length = sent.readUIntBE(at, 3);
    const [type, stream] = [sent[at + 3], sent.readUInt32BE(at + 5)];
    const payload = sent.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
    if (type === 0 && stream === 1) data = Buffer.concat([data, payload]);
    at += HEAD_BYTES + length;
  }
  const found: Buffer[] = [];
  for (let at = 0; at + 5 <= data.length; ) {
    const end = at + 5 + data.readUInt32BE(at + 1);
    if (end > data.length) break;
    found.push(data.subarray(at + 5, end));
    at = end;
  }
  return found;
}

const envoys = new Envoys({ directory, agentSocket: socketPath });
for (const [api, kind] of Object.entries(KINDS)) {
  sent = Buffer.alloc(0);
  const changes = { 'api_type: GRPC': `api_type: ${api}` };
  const envoy = envoys.start({ name: 'front', example: 'front.yaml', changes }, await freePorts());
  try {
    const recorded = await eventually('NACK', () => (messages().length >= 3 ? messages() : undefined));
    for (const [at, step] of STEPS.entries())
      writeFileSync(join(OUT, `${kind}-${step}.bin.gz`), gzipSync(recorded[at] ?? '', { level: 9 }));
  } finally {
    await envoy.stop();
  }
}
outer.close();
inner.close();
await rpc.stop(0);
rmSync(directory, { recursive: true });
