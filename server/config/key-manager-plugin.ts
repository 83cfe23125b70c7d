/** `KeyManager "memory" | "disk"` of the server. */

export type KeyManagerConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'disk'; readonly keysPath: string };
