/** `bundle show`: the trust domain's own bundle, as PEM or as a SPIFFE bundle. */
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { formatBundle } from '../../shared/bundle/format-bundle.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { BUNDLE, withService } from './call-server.ts';
import { bundleFromWire } from './wire-bundle.ts';

export const bundleShow: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const format = formatOf(flags);
  return withService<BundleDefinition, number>(BUNDLE, { flags, terminal }, async (client) => {
    const bundle = await client.unary('GetBundle', {});
    if (asJson) terminal.out(`${toJson(bundle)}\n`);
    else if (format === 'spiffe') terminal.out(`${formatBundle(bundleFromWire(bundle))}\n`);
    else for (const { asn1 } of bundle.x509_authorities) terminal.out(formatPem('CERTIFICATE', asn1));
    return 0;
  });
};

function formatOf(flags: Flags): 'pem' | 'spiffe' {
  const format = flags.text('format').toLowerCase();
  if (format !== 'pem' && format !== 'spiffe')
    throw new UsageError(`-format is pem or spiffe, not "${format}"`);
  return format;
}
