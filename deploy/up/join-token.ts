/** Gives the agent a join token when it has no SVID of its own that is still good. */
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8 } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import { writeFileAtomic } from '../../shared/files.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Admin } from './admin.ts';
import type { Layout } from './layout.ts';

export interface JoinTokenOptions {
  readonly layout: Layout;
  readonly admin: Admin;
  readonly clock: Clock;
  /** The further SPIFFE ID that the agent gets. */
  readonly alias: SpiffeId;
}

/** Writes a fresh bundle, and a fresh token unless the agent can go on as it is. */
export async function provideJoinToken({ layout, admin, clock, alias }: JoinTokenOptions): Promise<void> {
  writeFileAtomic(layout.agent.bundle, utf8(await admin.bundlePem()));
  if (hasGoodSvid(layout, clock.now())) return;
  writeFileAtomic(layout.agent.joinToken, utf8(`${await admin.joinToken(alias)}\n`));
}

/** Reads the agent's state file as SPIRE lays it out: `svid` is a list of base64 PEM blocks, leaf first. */
function hasGoodSvid(layout: Layout, now: Date): boolean {
  const path = join(layout.agent.data, 'agent-data.json');
  if (!existsSync(path)) return false;
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as { svid?: string[] };
    const leaf = new X509Certificate(Buffer.from(state.svid?.[0] ?? '', 'base64'));
    return leaf.validToDate > now;
  } catch {
    return false; // unreadable: the agent will say so itself, and attest anew
  }
}
