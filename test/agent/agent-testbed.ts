/** An agent in this process against the fake server, on the test's clock. Used by the tests of agent/. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, createAgent } from '../../agent/agent.ts';
import type { WorkloadUpdate } from '../../agent/cache/workload-identities.ts';
import { type AgentConfig, loadAgentConfig } from '../../agent/config.ts';
import { SecretText } from '../../shared/config/secret-text.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { parseSelector } from '../../shared/selectors.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeLog } from '../fakes/log.ts';
import { FakeRandom } from '../fakes/random.ts';
import { FakeServer, type FakeServerOptions } from '../fakes/server-api.ts';

export const TOKEN = 'token-1';

export interface Stream {
  readonly updates: WorkloadUpdate[];
  /** SPIFFE IDs of the latest update; undefined before the first. */
  readonly ids: () => readonly string[] | undefined;
  close(): void;
}

export class AgentTestbed {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly directory = mkdtempSync(join(tmpdir(), 'writ-agent-'));
  readonly dataDir = join(this.directory, 'data');
  readonly server: FakeServer;
  readonly #agents: Agent[] = [];

  private constructor(server: FakeServer, clock: FakeClock) {
    this.server = server;
    this.clock = clock;
    const bundle = join(this.directory, 'bundle.pem');
    writeFileSync(bundle, formatPem('CERTIFICATE', server.authority.root.raw));
  }

  static async make(options: Omit<FakeServerOptions, 'clock'> = {}): Promise<AgentTestbed> {
    const clock = new FakeClock();
    const server = await FakeServer.start({ clock, ...options });
    server.agent.joinTokens.add(TOKEN);
    return new AgentTestbed(server, clock);
  }

  config(changes: Partial<AgentConfig> = {}): AgentConfig {
    const text = `agent {
      trust_domain = "${this.server.trustDomain}"
      server_address = "127.0.0.1"
      server_port = ${this.server.port}
      data_dir = "${this.dataDir}"
      trust_bundle_path = "${join(this.directory, 'bundle.pem')}"
    }
    plugins {
      KeyManager "disk" { plugin_data { directory = "${this.dataDir}" } }
      NodeAttestor "join_token" { plugin_data {} }
      WorkloadAttestor "unix" { plugin_data {} }
    }`;
    const { config } = loadAgentConfig({ path: 'agent.conf', text, expandEnv: false, environment: {} });
    return { ...config, joinToken: new SecretText(TOKEN), ...changes };
  }

  /** Not started yet. */
  agent(changes: Partial<AgentConfig> = {}, serveApis = false): Agent {
    const agent = createAgent({
      config: this.config(changes),
      log: this.log,
      clock: this.clock,
      random: new FakeRandom(this.#agents.length + 1),
      serveApis,
    });
    this.#agents.push(agent);
    return agent;
  }

  async started(changes: Partial<AgentConfig> = {}): Promise<Agent> {
    const agent = this.agent(changes);
    await agent.start();
    return agent;
  }

  async stop(): Promise<void> {
    for (const agent of this.#agents) await agent.stop();
    await this.server.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function subscribe(agent: Agent, selectors: readonly string[]): Stream {
  const updates: WorkloadUpdate[] = [];
  const { identities } = agent;
  if (identities === undefined) throw new Error('agent has no identities yet');
  const subscription = identities.subscribe(selectors.map(parseSelector), (update) => updates.push(update));
  return {
    updates,
    ids: () => updates.at(-1)?.identities.map(({ spiffeId }) => spiffeId.toString()),
    close: () => subscription.close(),
  };
}
