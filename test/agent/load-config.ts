/** Loads small configurations of agents. Used by the tests of agent/config. */
import type { AgentFlags } from '../../agent/config/agent-flags.ts';
import { loadAgentConfig } from '../../agent/config.ts';

export interface Parts {
  readonly agent?: string;
  readonly plugins?: string;
  readonly flags?: AgentFlags;
}

export const PLUGINS = 'KeyManager "memory" {}\nWorkloadAttestor "unix" {}';

/** A small valid file with something added to its parts. */
export const load = ({ agent = 'insecure_bootstrap = true', plugins = PLUGINS, flags = {} }: Parts) =>
  loadAgentConfig({
    path: 'agent.conf',
    text: `agent { trust_domain = "example.org" server_address = "localhost" server_port = "8081"\n${agent}\n}\nplugins {\n${plugins}\n}`,
    flags,
  });
