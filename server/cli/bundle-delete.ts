/** `bundle delete`: the bundle of another trust domain, by its mode also entries that federate with it. */
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { BUNDLE, withService } from './call-server.ts';
import { tellOnlyResult } from './only-result.ts';

const MODES = { restrict: 'RESTRICT', delete: 'DELETE', dissociate: 'DISSOCIATE' } as const;

export const bundleDelete: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  if (!flags.has('id')) throw new UsageError('id is required');
  const id = flags.text('id');
  const request = { trust_domains: [id], mode: modeOf(flags) };
  return withService<BundleDefinition, number>(BUNDLE, { flags, terminal }, async (client) =>
    tellOnlyResult(
      await client.unary('BatchDeleteFederatedBundle', request),
      { asJson, done: 'bundle deleted.', failed: `failed to delete federated bundle ${JSON.stringify(id)}` },
      terminal,
    ),
  );
};

function modeOf(flags: Flags) {
  const text = flags.text('mode');
  const [, mode] = Object.entries(MODES).find(([name]) => name === text) ?? [];
  if (mode === undefined) throw new UsageError(`unsupported mode ${JSON.stringify(text)}`);
  return mode;
}
