/** `wit mint`: makes a key here and has the server sign a WIT-SVID that names it. */
import { join } from 'node:path';
import type { MintWITSVIDResponseOutput } from '../../proto/gen/spire/api/server/svid/v1/MintWITSVIDResponse.ts';
import type { SVIDDefinition } from '../../proto/gen/spire/api/server/svid/v1/SVID.ts';
import { utf8 } from '../../shared/bytes.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { fromUnixSeconds } from '../../shared/clock.ts';
import { isForKind, isJwsAlgorithm, jwsAlgorithmOf } from '../../shared/crypto/jws-algorithms.ts';
import { generateKeyPair } from '../../shared/crypto/keys.ts';
import { KEY_TYPES, type KeyType } from '../../shared/crypto/signer.ts';
import { writeFileAtomic } from '../../shared/files.ts';
import { SVID, withService } from './call-server.ts';
import { askedLife, neededSpiffeId, warnWhenCapped } from './minting.ts';

export const witMint: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const spiffeId = neededSpiffeId(flags);
  const asked = askedLife(flags);
  const { keyType, algorithm } = neededKey(flags);
  const { privateKey, publicKey } = await generateKeyPair(keyType);
  const request = {
    id: { trust_domain: spiffeId.trustDomain.name, path: spiffeId.path },
    public_key: Buffer.from(publicKey),
    signing_algorithm: algorithm,
    ttl: asked.ttlSeconds,
  };
  const { svid } = await withService<SVIDDefinition, MintWITSVIDResponseOutput>(
    SVID,
    { flags, terminal },
    (client) => client.unary('MintWITSVID', request),
  );
  if (svid === null || svid.token === '') throw new Error('the server sent no token');
  warnWhenCapped(terminal, {
    kind: 'WIT-SVID',
    expiresAt: fromUnixSeconds(Number(svid.expires_at)),
    asked,
  });
  const key = JSON.stringify(privateKey.export({ format: 'jwk' }));
  const directory = flags.text('write');
  if (directory !== '') {
    writeFileAtomic(join(directory, 'token'), utf8(svid.token));
    terminal.out(`WIT-SVID written to ${join(directory, 'token')}\n`);
    writeFileAtomic(join(directory, 'key'), utf8(key));
    terminal.out(`Private key written to ${join(directory, 'key')}\n`);
  } else terminal.out(asJson ? `${toJson({ private_key: key, svid })}\n` : `${svid.token}\n${key}\n`);
  return 0;
};

/** `-keyType` and `-signingAlgorithm`, which must fit each other. */
function neededKey(flags: Flags): { readonly keyType: KeyType; readonly algorithm: string } {
  const [type, wanted] = [flags.text('keyType'), flags.text('signingAlgorithm')];
  const keyType = KEY_TYPES.find((known) => known === type);
  if (keyType === undefined)
    throw new UsageError(`-keyType must be one of ${KEY_TYPES.join(', ')}, not "${type}"`);
  const algorithm = wanted === '' ? jwsAlgorithmOf(keyType) : wanted;
  if (!isJwsAlgorithm(algorithm)) throw new UsageError(`unsupported signing algorithm: ${algorithm}`);
  const kind = keyType === 'rsa-2048' || keyType === 'rsa-4096' ? 'rsa' : keyType;
  if (!isForKind(algorithm, kind))
    throw new UsageError(`unsupported key type '${keyType}' for signing algorithm '${algorithm}'`);
  return { keyType, algorithm };
}
