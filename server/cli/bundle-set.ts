/** `bundle set`: the bundle of another trust domain, from a file or standard input. */
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { messageOf } from '../../shared/errors.ts';
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
  const bundle = [readBundle(await bundleText(flags.text('path'), terminal), format, trustDomain)];
  return withService<BundleDefinition, number>(BUNDLE, { flags, terminal }, async (client) =>
    tellOnlyResult(await client.unary('BatchSetFederatedBundle', { bundle }), told, terminal),
  );
};

async function bundleText(path: string, terminal: Terminal): Promise<string> {
  if (path === '' || path === '-') return terminal.readInput();
  try {
    return readText(path, '-path');
  } catch (error) {
    throw new UsageError(`unable to load bundle data: ${messageOf(error)}`);
  }
}
