/** How the provider is reached: exactly one of HTTPS with a certificate in files, a Unix socket, and plain HTTP. */
import { boolean, duration, path, socketPath, text } from '../../../shared/config/kinds.ts';
import { type Block, defaulting, optional, required, type Shape } from '../../../shared/config/shape.ts';
import { type TcpAddress, tcpAddress } from './kinds.ts';

export interface HttpsConfig {
  readonly kind: 'https';
  readonly certificatePath: string;
  readonly keyPath: string;
  /** How often the files are looked at. */
  readonly syncIntervalSeconds: number;
  readonly address: TcpAddress;
}

export type ListenConfig =
  | HttpsConfig
  /** Behind a proxy on the same machine. */
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'http'; readonly address: TcpAddress };

export interface ListenFields {
  readonly listen: ListenConfig;
  /** URLs in the document begin with http:// where nothing says that the client came by HTTPS. */
  readonly allowInsecureScheme: boolean;
}

export const listenFields: Shape<ListenFields> = (block) => {
  const ways = [...httpsWay(block), ...socketWay(block), ...httpWay(block)];
  const allowInsecureScheme = block.field(
    'allow_insecure_scheme',
    defaulting(boolean, false, {
      doc: 'for trying out: URLs in the document begin with http://, unless a proxy says that the client came by HTTPS',
    }),
  );
  refuseAcme(block);
  const [way, other] = ways;
  if (way === undefined && !block.isGiven('acme')) block.fault(NO_WAY);
  if (way !== undefined && other !== undefined)
    block.fault(`${way.key} and ${other.key} are mutually exclusive`, other.key);
  if (way?.config.kind === 'https' && allowInsecureScheme)
    block.warn('"allow_insecure_scheme" has no effect with serving_cert_file', 'allow_insecure_scheme');
  return { listen: way?.config ?? NOWHERE, allowInsecureScheme };
};

const NO_WAY = 'one of serving_cert_file, listen_socket_path and insecure_addr must be given';
const NOWHERE: ListenConfig = { kind: 'socket', path: '' };

/** One way or none. */
type Ways = readonly { readonly key: string; readonly config: ListenConfig }[];

function httpsWay(block: Block): Ways {
  const key = 'serving_cert_file';
  if (!block.isGiven(key)) return [];
  return [{ key, config: block.block(key, 'HTTPS with a certificate from files', httpsShape) }];
}

const httpsShape: Shape<HttpsConfig> = (block) => ({
  kind: 'https',
  certificatePath: block.field(
    'cert_file_path',
    required(path, 'PEM file of the certificate, and of those between it and its root'),
  ),
  keyPath: block.field('key_file_path', required(path, 'PEM file of its private key')),
  syncIntervalSeconds: block.field(
    'file_sync_interval',
    defaulting(duration(0.1), 60, { doc: 'how often the files are looked at', shown: '1m' }),
  ),
  address: block.field(
    'addr',
    defaulting(tcpAddress, { host: undefined, port: 443 }, { doc: 'where to listen', shown: ':443' }),
  ),
});

function socketWay(block: Block): Ways {
  const key = 'listen_socket_path';
  const found = block.field(key, optional(socketPath, 'HTTP on a Unix socket, for a proxy on this machine'));
  return found === undefined ? [] : [{ key, config: { kind: 'socket', path: found } }];
}

function httpWay(block: Block): Ways {
  const key = 'insecure_addr';
  const address = block.field(
    key,
    optional(
      tcpAddress,
      'HTTP on this address, for trying out or behind a proxy: whoever is between can give other keys',
    ),
  );
  return address === undefined ? [] : [{ key, config: { kind: 'http', address } }];
}

function refuseAcme(block: Block): void {
  if (!block.isGiven('acme')) return;
  block.block(
    'acme',
    'refused, not supported yet: let an ACME client keep the certificate, and name its files in `serving_cert_file`',
    (inner) => {
      inner.field('cache_dir', optional(text, 'refused'));
      inner.field('directory_url', optional(text, 'refused'));
      inner.field('email', optional(text, 'refused'));
      inner.field('tos_accepted', optional(boolean, 'refused'));
    },
  );
  block.fault(
    '"acme" is not supported yet: let an ACME client keep the certificate, and name its files in serving_cert_file',
    'acme',
  );
}
