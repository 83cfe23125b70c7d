/** Where join tokens live. Implemented by datastore/join-tokens. A token is used up by NodeStore.attest. */
import type { NewEntry } from '../entries/entry.ts';

export interface JoinToken {
  readonly value: string;
  readonly expiresAt: Date;
}

export interface JoinTokenStore {
  /** Creates the token, and the entry that gives its agent another ID, in one transaction. False: it exists. */
  create(token: JoinToken, alias: NewEntry | undefined): Promise<boolean>;
  find(value: string): Promise<JoinToken | undefined>;
  delete(value: string): Promise<void>;
}
