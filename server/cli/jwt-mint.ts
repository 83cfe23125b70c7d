/** `jwt mint`: has the server sign a JWT-SVID. */
import type { MintJWTSVIDResponseOutput } from '../../proto/gen/spire/api/server/svid/v1/MintJWTSVIDResponse.ts';
import type { SVIDDefinition } from '../../proto/gen/spire/api/server/svid/v1/SVID.ts';
import { utf8 } from '../../shared/bytes.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { fromUnixSeconds } from '../../shared/clock.ts';
import { writeFileAtomic } from '../../shared/files.ts';
import { SVID, withService } from './call-server.ts';
import { askedLife, neededSpiffeId, warnWhenCapped } from './minting.ts';

export const jwtMint: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const spiffeId = neededSpiffeId(flags);
  const audience = [...flags.list('audience')];
  if (audience.length === 0) throw new UsageError('at least one audience must be specified');
  const asked = askedLife(flags);
  const id = { trust_domain: spiffeId.trustDomain.name, path: spiffeId.path };
  const minted = await withService<SVIDDefinition, MintJWTSVIDResponseOutput>(
    SVID,
    { flags, terminal },
    (client) => client.unary('MintJWTSVID', { id, audience, ttl: asked.ttlSeconds }),
  );
  const { token = '', expires_at: end } = minted.svid ?? {};
  if (token === '') throw new Error('the server sent no token');
  warnWhenCapped(terminal, { kind: 'JWT-SVID', expiresAt: fromUnixSeconds(Number(end)), asked });
  const path = flags.text('write');
  if (path !== '') {
    writeFileAtomic(path, utf8(token)); // for its owner alone: whoever has it can use it
    terminal.out(`JWT-SVID written to ${path}\n`);
  } else terminal.out(asJson ? `${toJson(minted)}\n` : `${token}\n`);
  return 0;
};
