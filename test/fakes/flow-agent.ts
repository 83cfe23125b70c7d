/** One agent of a story: it can be stopped and started again, and moved between servers. Made by the testbed. */
import { Channel as GrpcChannel } from '@grpc/grpc-js';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, createAgent } from '../../agent/agent.ts';
import type { WorkloadUpdate } from '../../agent/cache/workload-identities.ts';
import { type AgentConfig, loadAgentConfig } from '../../agent/config.ts';
import type { SpiffeWorkloadAPIDefinition } from '../../proto/gen/SpiffeWorkloadAPI.ts';
import type { X509SVIDResponseOutput } from '../../proto/gen/X509SVIDResponse.ts';
import type { Clock } from '../../shared/clock.ts';
import { SecretText } from '../../shared/config/secret-text.ts';
import { CodedError } from '../../shared/errors.ts';
import { unixChannel } from '../../shared/rpc/channel.ts';
import { ServiceClient } from '../../shared/rpc/client.ts';
import { parseSelector } from '../../shared/selectors.ts';
import { FakeLog } from './log.ts';
import type { FakeRandom } from './random.ts';
import type { TcpLink } from './tcp-link.ts';

export interface FlowAgentParts {
  readonly directory: string;
  readonly link: TcpLink;
  readonly clock: Clock;
  readonly random: () => FakeRandom;
  readonly token: string;
  readonly bundlePath: string;
  readonly config: Partial<AgentConfig>;
  readonly opensDoor: boolean;
  readonly keepsIn: string | undefined;
}

/** What a workload with some selectors was told. */
export interface Watch {
  readonly updates: WorkloadUpdate[];
  /** The latest; fails before the first. */
  readonly latest: () => WorkloadUpdate;
  /** Paths of the latest SPIFFE IDs, sorted; undefined before the first update. */
  readonly paths: () => readonly string[] | undefined;
  close(): void;
}

/** A stream of FetchX509SVID on the agent's socket. */
export interface DoorStream {
  readonly responses: X509SVIDResponseOutput[];
  /** Set when the stream is over. */
  readonly error: () => CodedError | undefined;
  close(): void;
}

export class FlowAgent {
  readonly log = new FakeLog();
  readonly link: TcpLink;
  /** Path of its SPIFFE ID. */
  readonly path: string;
  readonly #parts: FlowAgentParts;
  readonly #closeDoors = new Set<() => void>();
  #agent: Agent | undefined;

  constructor(parts: FlowAgentParts) {
    this.#parts = parts;
    this.link = parts.link;
    this.path = `/spire/agent/join_token/${parts.token}`;
    mkdirSync(parts.directory, { recursive: true });
  }

  /** The one that runs, or ran last. */
  get running(): Agent {
    if (this.#agent === undefined) throw new Error('the agent has not been started');
    return this.#agent;
  }

  get identities(): NonNullable<Agent['identities']> {
    const { identities } = this.running;
    if (identities === undefined) throw new Error('the agent has no identities yet');
    return identities;
  }

  async start(): Promise<void> {
    const { clock, random, opensDoor, keepsIn } = this.#parts;
    this.#agent = createAgent({
      config: this.#config(),
      log: this.log,
      clock,
      random: random(),
      serveApis: opensDoor,
      runtimeDirectories: keepsIn === undefined ? [] : [keepsIn],
    });
    await this.#agent.start();
  }

  async stop(): Promise<void> {
    for (const close of this.#closeDoors) close();
    await this.#agent?.stop();
  }

  watch(...selectors: readonly string[]): Watch {
    const updates: WorkloadUpdate[] = [];
    const subscription = this.identities.subscribe(selectors.map(parseSelector), (update) =>
      updates.push(update),
    );
    return {
      updates,
      latest: () => {
        const update = updates.at(-1);
        if (update === undefined) throw new Error('the workload was told nothing yet');
        return update;
      },
      paths: () =>
        updates
          .at(-1)
          ?.identities.map(({ spiffeId }) => spiffeId.path)
          .sort(),
      close: () => subscription.close(),
    };
  }

  /** As this process, on a connection of its own until the agent is stopped. */
  workloadApi(): ServiceClient<SpiffeWorkloadAPIDefinition> {
    const channel = ownChannel(join(this.#parts.directory, 'public', 'api.sock'));
    this.#closeDoors.add(() => channel.close());
    return new ServiceClient('SpiffeWorkloadAPI', channel);
  }

  /** A service of its admin socket, as this process, on a connection of its own until the agent is stopped. */
  adminApi<Definition>(service: string): ServiceClient<Definition> {
    const channel = ownChannel(join(this.#parts.directory, 'private', 'admin.sock'));
    this.#closeDoors.add(() => channel.close());
    return new ServiceClient(service, channel);
  }

  /** As this process, on a connection of its own. */
  fetchX509Svid(): DoorStream {
    const channel = ownChannel(join(this.#parts.directory, 'public', 'api.sock'));
    const client = new ServiceClient<SpiffeWorkloadAPIDefinition>('SpiffeWorkloadAPI', channel);
    const stream = client.serverStream('FetchX509SVID', {}, { metadata: { 'workload.spiffe.io': 'true' } });
    const responses: X509SVIDResponseOutput[] = [];
    let ended: CodedError | undefined;
    const read = async (): Promise<void> => {
      for await (const response of stream) responses.push(response);
    };
    read().catch((error: unknown) => {
      if (error instanceof CodedError) ended = error;
    });
    const close = (): void => channel.close();
    this.#closeDoors.add(close);
    return { responses, error: () => ended, close };
  }

  #config(): AgentConfig {
    const { directory, link, token, bundlePath, config: changes } = this.#parts;
    const text = `agent {
      trust_domain = "example.org"
      server_address = "127.0.0.1"
      server_port = ${link.port}
      data_dir = "${directory}"
      socket_path = "${directory}/public/api.sock"
      admin_socket_path = "${directory}/private/admin.sock"
      trust_bundle_path = "${bundlePath}"
    }
    plugins {
      KeyManager "disk" { plugin_data { directory = "${directory}" } }
      NodeAttestor "join_token" { plugin_data {} }
      WorkloadAttestor "unix" { plugin_data {} }
    }`;
    const { config } = loadAgentConfig({ path: 'agent.conf', text, expandEnv: false, environment: {} });
    return { ...config, joinToken: new SecretText(token), ...changes };
  }
}

/** Else the library gives all channels to one address the same connection, and its pauses after failures. */
function ownChannel(path: string) {
  const { target, credentials, options: shared, grpc } = unixChannel(path);
  grpc.close();
  const options = { ...shared, 'grpc.use_local_subchannel_pool': 1 };
  const own = new GrpcChannel(target, credentials, options);
  return { target, credentials, options, grpc: own, close: () => own.close() };
}
