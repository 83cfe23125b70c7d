/** How the agent comes to trust its server before it holds a bundle: the `trust_bundle_*` and `insecure_bootstrap` keys. */

export type BootstrapConfig =
  | { readonly kind: 'bundle-file'; readonly path: string; readonly format: 'pem' | 'spiffe' }
  /** Any chain whose leaf bears the server's ID is believed once. */
  | { readonly kind: 'insecure' }
  /** No source: only a bundle stored by an earlier run will do. */
  | { readonly kind: 'stored-only' };
