/** `bundle list`: the bundles of other trust domains, or that of one. */
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { bundleFormat } from './bundle-format.ts';
import { BUNDLE, withService } from './call-server.ts';
import { listPages } from './list-pages.ts';
import { bundleHeader, bundleText } from './print-bundle.ts';

const PAGE_SIZE = 50;

export const bundleList: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const format = bundleFormat(flags, 'format');
  const trust_domain = flags.text('id');
  return withService<BundleDefinition, number>(BUNDLE, { flags, terminal }, async (client) => {
    if (trust_domain !== '') {
      const bundle = await client.unary('GetFederatedBundle', { trust_domain });
      terminal.out(asJson ? `${toJson(bundle)}\n` : bundleText(bundle, format));
      return 0;
    }
    const bundles = await listPages(async (page_token) => {
      const page = await client.unary('ListFederatedBundles', { page_size: PAGE_SIZE, page_token });
      return { items: page.bundles, next: page.next_page_token };
    });
    if (asJson) terminal.out(`${toJson({ bundles, next_page_token: '' })}\n`);
    else terminal.out(bundles.map((each) => bundleHeader(each) + bundleText(each, format)).join('\n'));
    return 0;
  });
};
