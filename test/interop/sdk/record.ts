/**
 * Records what the SDKs send to the Workload API, chunk by chunk: `./writ node test/interop/sdk/record.ts` writes a file for each
 * SDK and deed to test/wire/sdk, where they are replayed. Run by hand when an SDK has a new release, and have them formatted.
 */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { FrameReader } from '../../../shared/rpc/http2/frames.ts';
import { buildPeer as buildGo } from '../go-spiffe/build.ts';
import { providePython } from '../install.ts';
import { buildPeer as buildJava } from '../java-spiffe/build.ts';
import { Peer, type PeerEvent } from '../peer.ts';
import { buildPeer as buildRust } from '../rust-spiffe/build.ts';
import type { SdkProgram } from './claims.ts';
import { System } from '../system.ts';
import type { Entry, Recording } from '../../wire/sdk/recording.ts';

const INTEROP = join(import.meta.dirname, '..');
const RECORDINGS = join(import.meta.dirname, '..', '..', 'wire', 'sdk');
const AUDIENCE = 'spiffe://example.org/node-service';

const isOutcome = ({ event }: PeerEvent): boolean => ['svid', 'token', 'failed'].includes(event);

/** Stands before the agent, which takes this process for the workload. */
class Recorder {
  readonly #agentPath: string;
  readonly #connections: Entry[][] = [];
  readonly #server: Server;

  constructor(path: string, agentPath: string) {
    this.#agentPath = agentPath;
    this.#server = createServer((client) => this.#relay(client)).listen(path);
  }

  #relay(client: Socket): void {
    const entries: Entry[] = [];
    this.#connections.push(entries);
    const agent = connect(this.#agentPath);
    const frames = new FrameReader();
    for (const socket of [client, agent]) socket.on('error', () => socket.destroy());
    client.on('data', (chunk: Buffer) => entries.push({ client: chunk.toString('hex') }));
    agent.on('data', (chunk: Buffer) => {
      const server = [...frames.read(chunk)].map(({ type, stream }) => [type, stream] as const);
      entries.push({ server });
    });
    client.pipe(agent).pipe(client);
  }

  /** What came since it was asked last. */
  take(): readonly (readonly Entry[])[] {
    return this.#connections.splice(0);
  }

  close(): void {
    this.#server.close();
  }
}

const versionIn = (file: string, pattern: RegExp): string =>
  pattern.exec(readFileSync(join(INTEROP, file), 'utf8'))?.[1] ?? 'unknown';

function programsOn(system: System): Readonly<Record<string, SdkProgram>> {
  const python = providePython(join(INTEROP, 'py-spiffe', 'requirements.txt'));
  const go = buildGo(system);
  const named = {
    'go-spiffe': [versionIn('go-spiffe/go.mod', /go-spiffe\/v2 v(\S+)/), { command: go, args: [], path: go }],
    'py-spiffe': [
      versionIn('py-spiffe/requirements.txt', /^spiffe==(\S+)/m),
      {
        command: python,
        args: [join(INTEROP, 'py-spiffe', 'peer.py')],
        path: realpathSync(python),
      },
    ],
    'java-spiffe': [versionIn('java-spiffe/pom.xml', /provider<\/artifactId>\s*<version>(.*)</), buildJava()],
    'rust-spiffe': [versionIn('rust-spiffe/Cargo.toml', /^spiffe = .*"=([^"]+)"/m), buildRust(system)],
  } as const;
  return Object.fromEntries(
    Object.entries(named).map(([name, [version, program]]) => [`${name} ${version}`, program]),
  );
}

const system = await System.start();
const path = join(system.files.directory, 'recorded.sock');
const recorder = new Recorder(path, system.files.agentSocket);
try {
  const selectors = [`unix:path:${process.execPath}`];
  await system.register({ spiffeId: 'spiffe://example.org/recorded', selectors });
  await system.identities();
  const serving = { workloadApi: `unix://${path}`, files: system.files };
  for (const [client, program] of Object.entries(programsOn(system))) {
    const ask = async (...words: readonly string[]): Promise<string> => {
      const peer = Peer.start(serving, program.command, [...program.args, ...words]);
      const { event, text = '', error } = await peer.next('an outcome', isOutcome);
      if (event === 'failed') throw new Error(`${client}: ${error}`);
      await peer.stop();
      const [deed = ''] = words;
      const recording: Recording = { client, deed, connections: recorder.take() };
      const name = `${client.split(' ')[0]}-${deed}.json`;
      writeFileSync(join(RECORDINGS, name), `${JSON.stringify(recording, null, 1)}\n`);
      return text;
    };
    await ask('fetch');
    await ask('validate', AUDIENCE, await ask('token', AUDIENCE));
  }
} finally {
  recorder.close();
  await system.stop();
}
