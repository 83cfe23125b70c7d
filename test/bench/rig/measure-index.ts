/** What answers and changes of a filled index cost, in CPU time. Called in a process of its own, by reader-process. */
import type { AuthorizedEntries } from '../../../server/entries/authorized-entries.ts';
import { PER_AGENT, World } from './world.ts';

export interface IndexFigures {
  readonly answerUs: number;
  readonly changeUs: number;
  readonly toldPerChange: number;
}

const AGENTS = 300; // half of those that the smaller total has; none is agent 0, which is a real one's
const ROUNDS = 15;
const DEEDS = 2_000;
const OWN_ENTRY = 70; // no first one, no last one

/** While every agent is watched. Throws when an answer is not what the world's agents have. */
export function measureIndex(index: AuthorizedEntries, size: number): IndexFigures {
  const world = new World(size);
  const agents = Array.from({ length: AGENTS }, (_, at) =>
    world.agent(Math.floor(((at + 0.5) * world.agents) / AGENTS)),
  );
  let told = 0;
  for (let at = 0; at < world.agents; at += 1) index.watch(world.agent(at), () => (told += 1));
  let n = index.position?.n ?? 0;
  const changed = agents.map((agent) => {
    const entries = index.entriesOf(agent);
    if (entries.length !== PER_AGENT) throw new Error(`${agent.id} has ${entries.length} entries`);
    return pick(
      entries.filter(({ parentId }) => parentId.equals(agent.id)),
      OWN_ENTRY,
    );
  });
  const answerUs = medianUs((at) => index.entriesOf(pick(agents, at)));
  told = 0;
  const changeUs = medianUs((at) => {
    const item = pick(changed, at);
    n += 1;
    index.apply([{ kind: 'put', id: item.id, item }], { epoch: 'e', n, tag: `${n}` });
  });
  return { answerUs, changeUs, toldPerChange: told / (ROUNDS + 1) / DEEDS };
}

function pick<T>(items: readonly T[], at: number): T {
  const item = items[at % items.length];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** Of one deed: the median of several rounds, since the collector works on the side now and then. */
function medianUs(deed: (at: number) => unknown): number {
  const rounds = Array.from({ length: ROUNDS + 1 }, (_, round) => {
    const { user, system } = process.cpuUsage();
    for (let at = 0; at < DEEDS; at += 1) deed(round * DEEDS + at);
    const used = process.cpuUsage({ user, system });
    return (used.user + used.system) / DEEDS;
  });
  const sorted = rounds.slice(1).sort((a, b) => a - b);
  return pick(sorted, Math.floor(ROUNDS / 2));
}
