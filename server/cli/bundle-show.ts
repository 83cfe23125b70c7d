/** `bundle show`: the trust domain's own bundle, as PEM or as a SPIFFE bundle. */
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { bundleFormat } from './bundle-format.ts';
import { BUNDLE, withService } from './call-server.ts';
import { bundleText } from './print-bundle.ts';

export const bundleShow: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const format = bundleFormat(flags, 'format');
  return withService<BundleDefinition, number>(BUNDLE, { flags, terminal }, async (client) => {
    const bundle = await client.unary('GetBundle', {});
    terminal.out(asJson ? `${toJson(bundle)}\n` : bundleText(bundle, format));
    return 0;
  });
};
