/** Channels: where a client connects and with which credentials. Unix sockets in the clear, TCP with SPIFFE mTLS. */
import {
  Channel as GrpcChannel,
  type ChannelCredentials,
  type ChannelOptions,
  credentials as grpc,
} from '@grpc/grpc-js';
import type { TrustDomain } from '../spiffe/trust-domain.ts';
import { serverId } from '../spiffe/reserved.ts';

export interface Channel {
  readonly target: string;
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
  readonly grpc: GrpcChannel;
  close(): void;
}

const OPTIONS: ChannelOptions = {
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 10_000,
};

function open(target: string, credentials: ChannelCredentials, more: ChannelOptions): Channel {
  const options = { ...OPTIONS, ...more };
  const channel = new GrpcChannel(target, credentials, options);
  return { target, credentials, options, grpc: channel, close: () => channel.close() };
}

/** A plaintext channel to the Unix socket at this absolute path. */
export const unixChannel = (path: string): Channel =>
  open(`unix:${path}`, grpc.createInsecure(), { 'grpc.default_authority': 'localhost' });

/** A plaintext channel to `host:port`: the Workload API over TCP, nothing else. */
export const tcpChannel = (address: string): Channel => open(`dns:${address}`, grpc.createInsecure(), {});

/** A channel to a server of this trust domain; the host name plays no part in who it is. */
export const serverChannel = (
  address: string,
  credentials: ChannelCredentials,
  trustDomain: TrustDomain,
): Channel =>
  open(`dns:///${address}`, credentials, {
    'grpc.default_authority': serverId(trustDomain).trustDomain.name,
  });
