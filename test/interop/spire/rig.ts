/** Our server with genuine agents under it, and the Go workload that they serve. Used by the tests beside it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EntryText } from '../admin.ts';
import { buildPeer } from '../go-spiffe/build.ts';
import { Peer, type PeerEvent } from '../peer.ts';
import { eventually } from '../program.ts';
import { System } from '../system.ts';
import type { SystemOptions } from '../system-files.ts';
import { GenuineAgent } from './genuine-agent.ts';
import { provideSpire } from './programs.ts';

export interface AgentWishes {
  /** Lines of its `agent` block; the server's bundle as a file is what it has without. */
  readonly settings?: readonly string[];
  /** `settings` say where the first bundle comes from. */
  readonly hasOwnBootstrap?: boolean;
}

export class Rig {
  readonly system: System;
  readonly #closing: (() => Promise<unknown>)[] = [];
  /** Path of the Go workload. */
  readonly workload: string;

  private constructor(system: System, workload: string) {
    this.system = system;
    this.workload = workload;
  }

  static async start(options: SystemOptions): Promise<Rig> {
    const system = await System.startWithoutAgent(options);
    try {
      return new Rig(system, buildPeer(system));
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** An agent with a join token of its own, which is also `nodeOf(name)`. */
  async agentNamed(
    name: string,
    { settings = [], hasOwnBootstrap = false }: AgentWishes = {},
  ): Promise<GenuineAgent> {
    const { files, admin } = this.system;
    const bundle = join(files.directory, `${name}.pem`);
    writeFileSync(bundle, await admin.bundlePem());
    const agent = new GenuineAgent({
      command: provideSpire().agent,
      directory: files.directory,
      serverPort: files.port,
      name,
      settings: [
        `join_token_file = "${await this.newToken(name)}"`,
        ...(hasOwnBootstrap ? [] : [`trust_bundle_path = "${bundle}"`]),
        ...settings,
      ],
    });
    this.#closing.push(() => agent.stop());
    return agent;
  }

  /** A file with a new join token for the agent of that name, in the place of the last one. */
  async newToken(name: string): Promise<string> {
    const path = join(this.system.files.directory, `${name}.token`);
    writeFileSync(path, await this.system.admin.joinToken(nodeOf(name)), { mode: 0o600 });
    return path;
  }

  async startedAgent(name: string, wishes?: AgentWishes): Promise<GenuineAgent> {
    const agent = await this.agentNamed(name, wishes);
    await agent.start();
    return agent;
  }

  /** Registers the Go workload for the agent of that name; the entry's ID. */
  register(name: string, wanted: Partial<EntryText> = {}): Promise<string> {
    return this.system.admin.createEntry(this.entryOf(name, wanted));
  }

  entryOf(name: string, wanted: Partial<EntryText> = {}): EntryText {
    return {
      spiffeId: idOf(`${name}/go`),
      parentId: nodeOf(name),
      selectors: [`unix:path:${this.workload}`],
      ...wanted,
    };
  }

  peer(agent: GenuineAgent, ...args: readonly string[]): Peer {
    const started = Peer.start(agent, this.workload, args);
    this.#closing.push(() => started.stop());
    return started;
  }

  /** The workload's identity: asked for again while the agent has not heard of the entry yet. */
  fetched(agent: GenuineAgent): Promise<PeerEvent> {
    return eventually('identity', async () => {
      const answer = await this.peer(agent, 'fetch').next(
        'an answer',
        ({ event }) => event === 'svid' || event === 'failed',
      );
      return answer.event === 'svid' ? answer : undefined;
    });
  }

  async stop(): Promise<void> {
    for (const close of this.#closing.toReversed()) await close();
    await this.system.stop();
  }
}

export const idOf = (path: string): string => `spiffe://example.org/${path}`;
const nodeOf = (name: string): string => idOf(`node/${name}`);

/** What it tells of under its own server too: of how it was started, and of workloads that came before their entries. */
const USUAL = /^Current umask|^The 'use_sync_authorized_entries'|^Experimental features|^No identity issued$/;

/** What else it told of as a warning or an error. */
export const complaints = (agent: GenuineAgent): readonly string[] =>
  agent
    .said()
    .filter(({ level, msg }) => /warning|error|fatal/.test(level) && !USUAL.test(msg))
    .map(({ msg, error = '' }) => (error === '' ? msg : `${msg}: ${error}`));

/** How often it had an SVID signed for an entry, but the one that is its own alias. */
export function signed(agent: GenuineAgent): { readonly created: number; readonly renewed: number } {
  const count = (msg: string): number =>
    agent.saidOf(msg).filter(({ spiffe_id: id }) => !String(id).startsWith(idOf('node/'))).length;
  return { created: count('Creating X509-SVID'), renewed: count('Renewing X509-SVID') };
}

/** What it attested as last. */
export const attestedAs = (agent: GenuineAgent): string =>
  String(agent.saidOf('Node attestation was successful').at(-1)?.['spiffe_id']);
