/** What a vector of the X509-SVID profile is made of. */
import type { Parts } from '../../shared/crypto/edit-certificate.ts';
import type { Changes, Entity } from '../../shared/crypto/pki.ts';
import type { Path } from '../../shared/crypto/paths.ts';

export interface Vector {
  readonly name: string;
  /** `valid`, or words of the message that refuses it. */
  readonly expect: string;
  readonly comment: string;
  readonly source: string;
  readonly root?: Changes;
  readonly intermediate?: Changes;
  readonly leaf?: Changes;
  /** What is exchanged in the leaf before it is signed. */
  readonly edit?: (parts: Parts) => Partial<Parts>;
  /** When it is verified; noon of the day that certificates are valid unless said. */
  readonly at?: string;
  /** What the chain holds, from the leaf, and what the bundle holds; the whole path unless said. */
  readonly chain?: (path: Path) => readonly Entity[];
  readonly roots?: (path: Path, stranger: Entity) => readonly Entity[];
  /** The trust domain whose bundle it is; that of the leaf unless said. */
  readonly trustDomain?: string;
}
