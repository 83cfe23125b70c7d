/** An agent's own SVID, and the bundle that vouches for it. Used by tests of the admin socket. */
import type { AgentSvid } from '../../../agent/agent-svid/agent-svid.ts';
import { MemoryKeyManager } from '../../../agent/key-manager/memory.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { parseX509Svid } from '../../../shared/svid/x509-svid.ts';
import { FakeAuthority } from '../../fakes/server-authority.ts';
import { bundleOf } from '../cache/cache-testbed.ts';

/** For an hour, of an authority that is there for a day. */
export async function makeOwnSvid(now: Date): Promise<{ readonly own: AgentSvid; readonly bundle: Bundle }> {
  const authority = await FakeAuthority.make('example.org', addSeconds(now, -60), addSeconds(now, 86_400));
  const key = await new MemoryKeyManager().generateKey('agent-svid-A', 'ec-p256');
  const leaf = await authority.issue({
    spiffeId: 'spiffe://example.org/spire/agent/join_token/t',
    publicKey: key.signer.publicKey,
    notBefore: addSeconds(now, -10),
    notAfter: addSeconds(now, 3_600),
  });
  return {
    own: { chain: [leaf], svid: parseX509Svid([leaf]), key, keyId: 'agent-svid-A', canReattest: false },
    bundle: {
      ...bundleOf('example.org'),
      x509Authorities: [{ certificate: authority.root.raw, tainted: false }],
    },
  };
}
