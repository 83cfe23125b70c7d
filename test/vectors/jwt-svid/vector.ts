/** What a vector of JWT-SVIDs is made of. */

export type Json = Readonly<Record<string, unknown>>;

export interface Vector {
  readonly name: string;
  /** `valid`, or words of the message that refuses it. */
  readonly expect: string;
  readonly comment: string;
  readonly source: string;
  /** Members that are changed; undefined leaves one out. */
  readonly header?: Json;
  readonly claims?: Json;
  /** In place of what the header says. */
  readonly signAs?: string;
  /** Whose key signs: `other` is not in the bundle, though it has the same id. */
  readonly signer?: 'other';
  /** Kind of the bundle's key, by algorithm; ES256 unless said. */
  readonly keyOf?: string;
  readonly use?: string;
  readonly bundle?: string;
  readonly edit?: (token: string) => string;
}
