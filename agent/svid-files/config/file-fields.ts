/** Which files the helper writes, and how. Called by config.ts. */
import { resolve } from 'node:path';
import { listOf, path } from '../../../shared/config/kinds.ts';
import { type Block, defaulting, optional } from '../../../shared/config/shape.ts';
import { type JwtSvidFile, jwtSvidFile } from './jwt-svids.ts';
import { fileMode, fileName, ownerId } from './kinds.ts';

export interface X509Files {
  readonly svid: string;
  readonly key: string;
  readonly bundle: string;
}

export interface FilesConfig {
  /** Absolute paths, as all below. Undefined: none are wanted. */
  readonly x509: X509Files | undefined;
  readonly jwtSvids: readonly JwtSvidFile[];
  readonly jwtBundle: string | undefined;
  readonly modes: {
    readonly cert: number;
    readonly key: number;
    readonly jwtBundle: number;
    readonly jwtSvid: number;
  };
  readonly owner: { readonly uid: number | undefined; readonly gid: number | undefined };
}

export function fileFields(file: Block): FilesConfig {
  const directory = file.field(
    'cert_dir',
    defaulting(path, '.', { doc: 'existing directory that the files are put into' }),
  );
  const at = (name: string): string => resolve(directory, name);
  const named = (key: string, doc: string): string | undefined => {
    const name = file.field(key, optional(fileName, doc));
    return name === undefined ? undefined : at(name);
  };
  const svid = named('svid_file_name', 'file of the X.509-SVID with its intermediates');
  const key = named('svid_key_file_name', 'file of its private key, PKCS #8');
  const bundle = named('svid_bundle_file_name', 'file of the roots');
  const jwtSvids = file.field(
    'jwt_svids',
    defaulting(listOf(jwtSvidFile), [], { doc: 'JWT-SVIDs: audiences and a file each', shown: '' }),
  );
  const isWhole = svid !== undefined && key !== undefined && bundle !== undefined;
  if (!isWhole && (svid ?? key ?? bundle) !== undefined)
    file.fault(
      '"svid_file_name", "svid_key_file_name" and "svid_bundle_file_name" go together: give all of them or none',
    );
  return {
    x509: isWhole ? { svid, key, bundle } : undefined,
    jwtSvids: jwtSvids.map((one) => ({ ...one, fileName: at(one.fileName) })),
    jwtBundle: named('jwt_bundle_file_name', 'file of the JWT bundles, a JSON object by trust domain'),
    modes: {
      cert: mode(file, 'cert_file_mode', 0o644),
      key: mode(file, 'key_file_mode', 0o600),
      jwtBundle: mode(file, 'jwt_bundle_file_mode', 0o600),
      jwtSvid: mode(file, 'jwt_svid_file_mode', 0o600),
    },
    owner: {
      uid: file.field(
        'file_uid',
        optional(ownerId, 'user number that the files are given to; not in spiffe-helper'),
      ),
      gid: file.field(
        'file_gid',
        optional(ownerId, 'group number that the files are given to; not in spiffe-helper'),
      ),
    },
  };
}

const mode = (file: Block, key: string, usual: number): number =>
  file.field(key, defaulting(fileMode, usual, { doc: 'mode of such files', shown: `0${usual.toString(8)}` }));

/** Every path that is written. */
export const pathsOf = ({ x509, jwtSvids, jwtBundle }: FilesConfig): readonly string[] => [
  ...(x509 === undefined ? [] : [x509.svid, x509.key, x509.bundle]),
  ...jwtSvids.map(({ fileName: path }) => path),
  ...(jwtBundle === undefined ? [] : [jwtBundle]),
];
