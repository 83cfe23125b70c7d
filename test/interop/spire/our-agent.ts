/** Our agent under SPIRE's own server: its files, its process, and a workload that watches its Workload API. For the suites beside it. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { toHex } from '../../../shared/bytes.ts';
import { systemClock } from '../../../shared/clock.ts';
import { type CodedError, WorkloadApiClient, type X509Context } from '../../../shared/client/index.ts';
import { type EntryText, SystemAdmin } from '../admin.ts';
import { eventually, Program } from '../program.ts';
import { WRIT } from '../system.ts';
import { makeSystemFiles, type SystemFiles } from '../system-files.ts';
import type { GenuineServer } from './genuine-server.ts';
import { idOf } from './rig.ts';

const PATIENCE_MS = 45_000;

export class OurAgent {
  readonly name: string;
  readonly files: SystemFiles;
  readonly admin: SystemAdmin;
  /** Where it keeps SVIDs for its next start. */
  readonly #runtime = mkdtempSync('/dev/shm/writ-ours-');
  readonly #watching = new AbortController();
  #program: Program | undefined;

  private constructor(name: string, genuine: GenuineServer, nodeAttestor: string | undefined) {
    this.name = name;
    this.files = makeSystemFiles(genuine.port, nodeAttestor === undefined ? {} : { nodeAttestor });
    this.admin = new SystemAdmin(genuine.socket);
  }

  /** With a join token, which also names it `nodeId`, unless it has another attestor; resolves when it is healthy. */
  static async start(name: string, genuine: GenuineServer, nodeAttestor?: string): Promise<OurAgent> {
    const agent = new OurAgent(name, genuine, nodeAttestor);
    try {
      writeFileSync(agent.files.bundle, await agent.admin.bundlePem());
      if (nodeAttestor === undefined) await agent.newToken();
      await agent.resume();
      return agent;
    } catch (error) {
      await agent.stop();
      throw error;
    }
  }

  async newToken(): Promise<void> {
    writeFileSync(this.files.joinToken, await this.admin.joinToken(this.nodeId), { mode: 0o600 });
  }

  /** Without waiting for it; a second start appends to the same log. */
  launch(): void {
    this.#program = Program.start({
      name: `writ agent ${this.name}`,
      command: 'sh',
      args: [WRIT, 'agent', 'run', '-config', this.files.agentConf],
      logPath: this.files.agentLog,
      environment: { RUNTIME_DIRECTORY: this.#runtime },
    });
  }

  async resume(): Promise<void> {
    const served = this.#served();
    this.launch();
    await this.program.until('serving', () => this.#served() > served);
  }

  /** How often it has begun to serve. */
  #served(): number {
    return this.#program === undefined ? 0 : this.said('serving the Workload API');
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error(`${this.name} has not been started`);
    return this.#program;
  }

  get nodeId(): string {
    return idOf(`node/${this.name}`);
  }

  /** The SPIFFE ID that it attested as last. */
  attestedAs(): string {
    const all = this.program.output().matchAll(/Node attestation was successful.* spiffeId="?([^" ]+)/g);
    return [...all].at(-1)?.[1] ?? 'nobody';
  }

  /** How often it has said so. */
  said(words: string): number {
    return this.program.output().split(words).length - 1;
  }

  entry(path: string, wanted: Partial<EntryText> = {}): EntryText {
    const selectors = [`unix:uid:${process.geteuid?.()}`];
    return { spiffeId: idOf(`${this.name}/${path}`), parentId: this.nodeId, selectors, ...wanted };
  }

  /** What it warned of, but that a workload came before its entry. */
  complaints(): readonly string[] {
    const lines = this.program.output().split('\n');
    return lines.filter((line) => /level=(warning|error)/.test(line) && !line.includes('no identity issued'));
  }

  /** What it answers to this process as soon as it has an identity. */
  async fetched(): Promise<X509Context> {
    const client = this.#client();
    try {
      return await eventually(
        `identity from ${this.name}`,
        () => client.fetchX509Context(AbortSignal.timeout(5_000)).catch(() => undefined),
        PATIENCE_MS,
      );
    } finally {
      client.close();
    }
  }

  /** All that one long stream brings from now on: IDs with their serial numbers, or a code of gRPC. */
  watch(): Watched {
    const client = this.#client();
    const watched = new Watched();
    const { signal } = this.#watching;
    void client.watchX509Context(watched, signal).finally(() => client.close());
    return watched;
  }

  #client(): WorkloadApiClient {
    return new WorkloadApiClient({ address: `unix://${this.files.agentSocket}` });
  }

  /** Whether anything of it is kept in memory. */
  isKept(): boolean {
    return readdirSync(this.#runtime).length > 0;
  }

  async stop(): Promise<void> {
    this.#watching.abort();
    this.admin.close();
    await this.#program?.stop();
    for (const folder of [this.files.directory, this.#runtime])
      rmSync(folder, { recursive: true, force: true });
  }
}

/** What a workload has seen. */
export class Watched {
  readonly events: { readonly ids: readonly string[]; readonly serials: readonly string[] }[] = [];
  readonly errors: CodedError[] = [];

  onUpdate({ identities }: X509Context): void {
    this.events.push({
      ids: identities.map(({ svid }) => svid.id.toString()),
      serials: identities.map(({ svid }) => svid.serialNumber.toString()),
    });
  }

  onError(error: CodedError): void {
    this.errors.push(error);
  }

  /** Different SVIDs of that ID. */
  serialsOf(id: string): number {
    return new Set(this.events.flatMap(({ ids, serials }) => serials.filter((_, at) => ids[at] === id))).size;
  }

  /** Resolves when the last update has these IDs and no other. */
  async untilIds(...ids: readonly string[]): Promise<void> {
    const wanted = ids.toSorted().join();
    await eventually(
      `IDs ${wanted}`,
      () => this.events.at(-1)?.ids.toSorted().join() === wanted || undefined,
      PATIENCE_MS,
    );
  }
}

/** The authority that signed a workload's SVID. */
export const signerOf = ({ identities }: X509Context): string => {
  const [leaf] = identities[0]?.svid.certificates ?? [];
  if (leaf?.authorityKeyId === undefined) throw new Error('an SVID without the name of its authority');
  return toHex(leaf.authorityKeyId);
};

export const pause = (ms: number): Promise<void> => systemClock.sleep(ms);
