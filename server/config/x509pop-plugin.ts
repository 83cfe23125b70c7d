/** `NodeAttestor "x509pop"` of the server. */
import { because, boolean, integer, listOf, oneOf, parsed, path, text } from '../../shared/config/kinds.ts';
import { type Block, defaulting, type Kind, optional, type Shape } from '../../shared/config/shape.ts';
import { type KnownFields, PathTemplate } from '../../shared/path-template.ts';

export interface X509PopConfig {
  /** Who vouches for the certificates: CAs in files, or this server, for SVIDs below the prefix. */
  readonly trust:
    | { readonly mode: 'external_pki'; readonly caBundlePaths: readonly string[] }
    | { readonly mode: 'spiffe'; readonly prefix: string };
  readonly agentPathTemplate: PathTemplate;
  readonly maxIntermediates: number;
  readonly maxRsaKeyBits: number;
  /** Whether the agent's address must be among those of its certificate. */
  readonly verifiesClientIp: boolean;
}

const NAME_FIELDS = 'CommonName SerialNumber Country Organization OrganizationalUnit Locality Province'.split(
  ' ',
);

/** What server/attest-node/x509pop-fields gives. */
const FIELDS: KnownFields = {
  fields: [
    ...'PluginName Fingerprint TrustDomain SerialNumberHex SerialNumber SVIDPathTrimmed DNSNames'.split(' '),
    ...['Subject', 'Issuer'].flatMap((of) => NAME_FIELDS.map((name) => `${of}.${name}`)),
  ],
  maps: ['URISanSelectors'],
};

const templateOf = (value: string): PathTemplate =>
  because('cannot be used', () => PathTemplate.parse(value, FIELDS));

const BY_FINGERPRINT = templateOf('/{{ .PluginName }}/{{ .Fingerprint }}');
const BY_SVID = templateOf('/{{ .PluginName }}/{{ .SVIDPathTrimmed }}');
const template: Kind<PathTemplate> = parsed('path template', BY_FINGERPRINT, templateOf);

const PREFIX_DEFAULT = '/spire-exchange/'; // SPIRE's
const RSA_MIN_BITS = 2_048;
const RSA_MAX_BITS = 8_192; // more are never verified (shared/crypto/public-key)

export const x509popShape: Shape<X509PopConfig> = (block) => {
  const mode = block.field(
    'mode',
    defaulting(oneOf(['external_pki', 'spiffe']), 'external_pki', {
      doc: "`external_pki`: certificates of your own CAs; `spiffe`: SVIDs of this trust domain, by the server's own bundle",
    }),
  );
  const caBundlePaths = readCaPaths(block);
  const prefix = readPrefix(block);
  const written = block.field(
    'agent_path_template',
    optional(template, "the agent's path below `/spire/agent`, as a Go template (deploy/x509pop.md)"),
  );
  checkModes(block, mode, caBundlePaths);
  return {
    trust: mode === 'spiffe' ? { mode, prefix } : { mode, caBundlePaths },
    agentPathTemplate: written ?? (mode === 'spiffe' ? BY_SVID : BY_FINGERPRINT),
    ...readLimits(block),
  };
};

function readCaPaths(block: Block): readonly string[] {
  const one = block.field('ca_bundle_path', optional(path, 'PEM of the CAs that vouch for the certificates'));
  const several = block.field('ca_bundle_paths', optional(listOf(path), 'the same, in several files'));
  if (one !== undefined && several !== undefined)
    block.fault('"ca_bundle_path" and "ca_bundle_paths" exclude each other: keep one', 'ca_bundle_paths');
  return one === undefined ? (several ?? []) : [one];
}

const PREFIX_KEYS = ['spiffe_prefix', 'svid_prefix'] as const; // of SPIRE's code, of its documentation

/** An empty one is given all the same: it lets any SVID through. */
function readPrefix(block: Block): string {
  const doc = 'in mode `spiffe`: below which path SVIDs may become agents; `""`: any';
  const values = [
    block.field('spiffe_prefix', optional(text, `${doc} (default \`${PREFIX_DEFAULT}\`)`)),
    block.field('svid_prefix', optional(text, 'the same, as SPIRE documents it')),
  ];
  const given = PREFIX_KEYS.filter((key) => block.isGiven(key));
  if (given.length > 1)
    block.fault('"spiffe_prefix" and "svid_prefix" are the same: keep one', 'svid_prefix');
  const prefix = given.length === 0 ? PREFIX_DEFAULT : (values.find((value) => value !== undefined) ?? '');
  if (prefix !== '' && !prefix.startsWith('/'))
    block.fault('the prefix must begin with a slash: it begins a path', given[0]);
  return prefix.endsWith('/') ? prefix : `${prefix}/`;
}

/** SPIRE's rules. */
function checkModes(block: Block, mode: X509PopConfig['trust']['mode'], paths: readonly string[]): void {
  if (mode === 'external_pki' && paths.length === 0)
    block.fault('one of "ca_bundle_path" and "ca_bundle_paths" must be given');
  if (mode === 'spiffe' && paths.length > 0)
    block.fault('"ca_bundle_path" and "ca_bundle_paths" are not for mode "spiffe"', 'mode');
  if (mode === 'external_pki' && PREFIX_KEYS.some((key) => block.isGiven(key)))
    block.warn('a prefix of SVIDs has no effect but in mode "spiffe"', 'mode');
}

const readLimits = (block: Block) => ({
  maxIntermediates: block.field(
    'max_intermediates',
    defaulting(integer(0, 14), 4, { doc: 'how many certificates a node may send besides its own' }),
  ),
  maxRsaKeyBits: block.field(
    'max_rsa_key_size',
    defaulting(integer(RSA_MIN_BITS, RSA_MAX_BITS), RSA_MAX_BITS, {
      doc: 'largest RSA key in certificates that a node sends, in bits',
    }),
  ),
  verifiesClientIp: block.field(
    'verify_client_ip',
    defaulting(boolean, false, {
      doc: "whether the address that the agent comes from must be among its certificate's",
    }),
  ),
});
