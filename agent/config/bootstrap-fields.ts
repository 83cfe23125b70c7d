/** How the agent comes to trust its server before it holds a bundle: the `trust_bundle_*` and `insecure_bootstrap` keys. */
import { boolean, oneOf, path } from '../../shared/config/kinds.ts';
import { type Block, defaulting, optional, type Shape } from '../../shared/config/shape.ts';

export type BootstrapConfig =
  | { readonly kind: 'bundle-file'; readonly path: string; readonly format: 'pem' | 'spiffe' }
  /** Any chain whose leaf bears the server's ID is believed once. */
  | { readonly kind: 'insecure' }
  /** No source: only a bundle stored by an earlier run will do. */
  | { readonly kind: 'stored-only' };

export const bootstrapFields: Shape<BootstrapConfig> = (block) => {
  const bundlePath = block.field(
    'trust_bundle_path',
    optional(path, "file with the server's bundle, for the first start"),
  );
  const format = block.field(
    'trust_bundle_format',
    defaulting(oneOf(['pem', 'spiffe']), 'pem', { doc: 'format of that file' }),
  );
  const isInsecure = block.field(
    'insecure_bootstrap',
    defaulting(boolean, false, { doc: 'believe any server at the first start; for trials only' }),
  );
  block.notSupported('trust_bundle_url', 'address to fetch the first bundle from');
  block.notSupported('trust_bundle_unix_socket', 'socket to fetch it through');
  block.notSupported('trust_bundle_spiffe_workload_api', 'Workload API to fetch it from');
  rebootstrapFields(block);
  if (isInsecure && bundlePath !== undefined) {
    block.fault(
      '"trust_bundle_path" and "insecure_bootstrap" exclude each other: keep one',
      'insecure_bootstrap',
    );
  }
  if (bundlePath !== undefined) return { kind: 'bundle-file', path: bundlePath, format };
  if (isInsecure) return { kind: 'insecure' };
  warnWithoutSource(block);
  return { kind: 'stored-only' };
};

function rebootstrapFields(block: Block): void {
  const mode = block.field(
    'rebootstrap_mode',
    defaulting(oneOf(['never', 'auto', 'always']), 'never', {
      doc: 'start again from the first bundle when the server is no longer trusted; only "never" yet',
    }),
  );
  if (mode !== 'never')
    block.fault(`"rebootstrap_mode" "${mode}" in agent is not supported yet`, 'rebootstrap_mode');
  block.withoutEffect('rebootstrap_delay', 'how long the server must be untrusted first');
  block.withoutEffect('retry_bootstrap', 'attesting is always tried again');
}

/** DIVERGES: SPIRE refuses to start without a source, even when a bundle is stored; then none is needed. */
function warnWithoutSource(block: Block): void {
  block.warn(
    'agent has no trust bundle source (trust_bundle_path, insecure_bootstrap): it needs a bundle from an earlier run',
  );
}
