/** The kind of authority that an RPC is about, where this server has it. Called by the RPCs of this folder. */
import { Code, CodedError } from '../../../shared/errors.ts';
import type { LocalAuthority } from '../../ca/local-authority.ts';

export interface LocalAuthorityNeeds {
  readonly name: 'X.509' | 'JWT' | 'WIT';
  /** Undefined where the server signs nothing of this kind. */
  readonly authority: LocalAuthority | undefined;
}

/** Throws Unimplemented where the server does not have this kind. */
export function neededAuthority({ name, authority }: LocalAuthorityNeeds): LocalAuthority {
  if (authority === undefined) throw new CodedError(Code.unimplemented, `${name} functionality is disabled`);
  return authority;
}
