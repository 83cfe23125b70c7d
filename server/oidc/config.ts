/** The OIDC discovery provider's configuration: SPIRE's file, read once. Called by server/cli/oidc. */
import { boolean, listOf, path, port } from '../../shared/config/kinds.ts';
import { type ConfigText, type Loaded, loadShape } from '../../shared/config/load.ts';
import { type LogConfig, logLineFields } from '../../shared/config/log-fields.ts';
import { type Block, defaulting, optional, required, type Shape } from '../../shared/config/shape.ts';
import { domain, httpPath, issuerUrl, pathPrefix, webUrl } from './config/kinds.ts';
import { type ListenFields, listenFields } from './config/listen-fields.ts';
import { type SourceConfig, sourceFields } from './config/source-fields.ts';

/** Undefined: not asked for. */
export type ProbesConfig =
  | { readonly bindPort: number; readonly readyPath: string; readonly livePath: string }
  | undefined;

export interface DocumentConfig {
  /** Host names that are answered to. */
  readonly domains: readonly string[];
  /** Undefined: the host that was asked. */
  readonly issuer: string | undefined;
  readonly jwksUri: string | undefined;
  /** Empty, or a path without a slash at its end. */
  readonly pathPrefix: string;
  /** Say of each key that it is for signatures. */
  readonly setKeyUse: boolean;
}

export interface OidcConfig extends ListenFields, Omit<LogConfig, 'logSourceLocation'> {
  readonly logRequests: boolean;
  readonly document: DocumentConfig;
  readonly source: SourceConfig;
  readonly probes: ProbesConfig;
}

/** The whole file, as the loader and the reference page read it. */
export const oidcShape: Shape<OidcConfig> = (file) => {
  const config = {
    document: documentFields(file),
    ...listenFields(file),
    source: sourceFields(file),
    ...logLineFields(file),
    logFile: file.field('log_path', optional(path, 'file to write to in place of standard output')),
    logRequests: file.field(
      'log_requests',
      defaulting(boolean, false, { doc: 'log each request, at level DEBUG' }),
    ),
    probes: probesBlock(file),
  };
  file.block('experimental', 'keys that SPIRE calls experimental', (block) =>
    block.withoutEffect('listen_named_pipe_name', 'Windows only'),
  );
  return config;
};

function documentFields(file: Block): DocumentConfig {
  const domains = file.field(
    'domains',
    required(
      listOf(domain),
      'host names that the document is given under, at least one: other Host headers are refused',
    ),
  );
  if (file.isGiven('domains') && domains.length === 0)
    file.fault('"domains" is empty: name at least one', 'domains');
  return {
    domains,
    issuer: file.field(
      'jwt_issuer',
      optional(issuerUrl, 'issuer in the document, that of the tokens; without it, the host that was asked'),
    ),
    jwksUri: file.field(
      'jwks_uri',
      optional(webUrl, 'URL of the keys, where it is not the host that was asked'),
    ),
    pathPrefix: file.field(
      'server_path_prefix',
      defaulting(pathPrefix, '', { doc: 'path that the documents are below', shown: '/' }),
    ),
    setKeyUse: file.field(
      'set_key_use',
      defaulting(boolean, false, { doc: 'say `"use": "sig"` of each key, which some relying parties want' }),
    ),
  };
}

/** SPIRE's ports and paths; there where the block is, be it empty. */
const probesBlock = (file: Block): ProbesConfig =>
  file.isGiven('health_checks')
    ? file.block(
        'health_checks',
        'liveness and readiness over HTTP on localhost, where this block is',
        (block) => ({
          bindPort: block.field('bind_port', defaulting(port, 8_008, { doc: 'port to listen on' })),
          readyPath: block.field('ready_path', defaulting(httpPath, '/ready', { doc: 'path of readiness' })),
          livePath: block.field('live_path', defaulting(httpPath, '/live', { doc: 'path of liveness' })),
        }),
      )
    : undefined;

/** Throws ConfigFaults with every fault of the file, each with its place. */
export const loadOidcConfig = (input: ConfigText): Loaded<OidcConfig> =>
  loadShape(input, { shape: oidcShape, section: '', overrides: new Map() });
