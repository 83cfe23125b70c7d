/** `bundle set`: the bundle of another trust domain, from a file or standard input. */
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { bundleFormat, namedTrustDomain, readBundle } from './bundle-format.ts';
import { BUNDLE, withService } from './call-server.ts';
import { readText } from './json-file.ts';
import { tellOnlyResult } from './only-result.ts';

export const bundleSet: RunCommand = async (flags, terminal) => {
  const told = {
    asJson: wantsJson(flags),
    done: 'bundle set.',
    failed: 'failed to set federated bundle',
  };
  if (!flags.has('id')) throw new UsageError('id flag is required');
  const format = bundleFormat(flags, 'format');
  const trustDomain = namedTrustDomain('-id', flags.text('id'));
  const path = flags.text('path');
  const text = path === '' || path === '-' ? await terminal.readInput() : readText(path, '-path');
  const bundle = [readBundle(text, format, trustDomain)];
  return withService<BundleDefinition, number>(BUNDLE, { flags, terminal }, async (client) =>
    tellOnlyResult(await client.unary('BatchSetFederatedBundle', { bundle }), told, terminal),
  );
};
