/** `bundle count`. */
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { BUNDLE, withService } from './call-server.ts';

export const bundleCount: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  return withService<BundleDefinition, number>(BUNDLE, { flags, terminal }, async (client) => {
    const response = await client.unary('CountBundles', {});
    const noun = response.count === 1 ? 'bundle' : 'bundles';
    terminal.out(asJson ? `${toJson(response)}\n` : `${response.count} ${noun}\n`);
    return 0;
  });
};
