/** Writes server.conf and agent.conf of the trial system: files that an operator could have written. */
import { utf8 } from '../../shared/bytes.ts';
import { writeFileAtomic } from '../../shared/files.ts';
import type { Layout } from './layout.ts';
import type { UpOptions } from './options.ts';

export function writeConfigFiles(layout: Layout, { trustDomain, port }: UpOptions): void {
  writeFileAtomic(layout.server.config, utf8(serverConf(layout, trustDomain.name, port)));
  writeFileAtomic(layout.agent.config, utf8(agentConf(layout, trustDomain.name, port)));
}

const text = (value: string): string => JSON.stringify(value);

const serverConf = (
  { server }: Layout,
  trustDomain: string,
  port: number,
): string => `# Written by 'writ up' at every start.
server {
  trust_domain = ${text(trustDomain)}
  bind_address = "127.0.0.1"
  bind_port = ${port}
  socket_path = ${text(server.socket)}
  data_dir = ${text(server.data)}
  log_level = "INFO"
}

plugins {
  # No DataStore: the server runs a Postgres of its own.
  KeyManager "disk" {
    plugin_data { keys_path = ${text(`${server.data}/keys.json`)} }
  }
  NodeAttestor "join_token" {
    plugin_data {}
  }
}
`;

const agentConf = (
  { agent }: Layout,
  trustDomain: string,
  port: number,
): string => `# Written by 'writ up' at every start.
agent {
  trust_domain = ${text(trustDomain)}
  server_address = "127.0.0.1"
  server_port = ${port}
  socket_path = ${text(agent.socket)}
  admin_socket_path = ${text(agent.adminSocket)}
  data_dir = ${text(agent.data)}
  trust_bundle_path = ${text(agent.bundle)}
  join_token_file = ${text(agent.joinToken)}
  log_level = "INFO"
}

plugins {
  KeyManager "disk" {
    plugin_data { directory = ${text(agent.data)} }
  }
  NodeAttestor "join_token" {
    plugin_data {}
  }
  WorkloadAttestor "unix" {
    plugin_data { discover_workload_path = true }
  }
}
`;
