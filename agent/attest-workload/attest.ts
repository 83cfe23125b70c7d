/** Finds a process's selectors by every configured attestor (facts/spire 9). Called by the Workload API's gate and explain. */
import type { Clock } from '../../shared/clock.ts';
import { messageOf, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { normalizeSelectors, type Selector } from '../../shared/selectors.ts';
import { Rates } from '../rates.ts';
import type { Peer } from './peer-info.ts';
import type { Note, WorkloadAttestor } from './workload-attestor.ts';

/** What one attestor said. `error` is undefined when it succeeded; there are no selectors beside one. */
export interface AttestorReport {
  readonly name: string;
  readonly selectors: readonly Selector[];
  readonly error: string | undefined;
  /** What it did, a sentence each. */
  readonly notes: readonly string[];
  readonly tookMs: number;
}

export interface WorkloadAttestation {
  /** Every selector of the process, sorted; throws Unavailable when it is gone or no attestor could tell. */
  attest(peer: Peer, signal: AbortSignal): Promise<readonly Selector[]>;
  /** Attestor by attestor; throws Unavailable when the process is gone. */
  report(peer: Peer, signal: AbortSignal): Promise<readonly AttestorReport[]>;
}

export interface WorkloadAttestationDeps {
  readonly attestors: readonly WorkloadAttestor[];
  readonly clock: Clock;
  readonly log: Logger;
}

const TIMEOUT_MS = 30_000; // of an attestor that does not say: as long as a call between SPIRE's agent and server may take
const LINES = { perSecond: 1, burst: 50 }; // about one user's processes: they decide how often there is something to say
const SELECTORS_MAX = 4_096; // of one attestor: far above the groups or labels of any workload
const VALUE_MAX_CHARACTERS = 8_192; // twice the longest path
const NOTES_MAX = 20;

export function workloadAttestation({ attestors, clock, log }: WorkloadAttestationDeps): WorkloadAttestation {
  const lines = new Rates(LINES, clock);
  const report = async (peer: Peer, signal: AbortSignal): Promise<readonly AttestorReport[]> => {
    peer.checkAlive();
    const reports = await Promise.all(attestors.map((attestor) => ask(attestor, { peer, signal, clock })));
    signal.throwIfAborted();
    // What was read may be about a process that ended meanwhile: then it must not count.
    peer.checkAlive();
    return reports;
  };
  const attest = async (peer: Peer, signal: AbortSignal): Promise<readonly Selector[]> => {
    const reports = await report(peer, signal);
    const failed = reports.filter(({ error }) => error !== undefined);
    for (const { name, error } of failed) {
      const omitted = lines.take(peer.uid);
      if (omitted === undefined) continue;
      const fields = { attestor: name, pid: peer.pid, uid: peer.uid, error };
      log.error('workload attestor failed', omitted > 0 ? { ...fields, omitted } : fields);
    }
    if (failed.length === reports.length) throw unavailable('workload attestation failed');
    return normalizeSelectors(reports.flatMap(({ selectors }) => selectors));
  };
  return { attest, report };
}

interface Asking {
  readonly peer: Peer;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

async function ask(attestor: WorkloadAttestor, asking: Asking): Promise<AttestorReport> {
  const { name } = attestor;
  const notes: string[] = [];
  const note = (what: string): void => {
    if (notes.length < NOTES_MAX) notes.push(what);
  };
  const beganMs = asking.clock.monotonicMs();
  const told = () => ({ name, notes: [...notes], tookMs: asking.clock.monotonicMs() - beganMs });
  try {
    const selectors = checkSelectors(name, await withinTime(attestor, { ...asking, note }));
    return { ...told(), selectors, error: undefined };
  } catch (error) {
    return { ...told(), selectors: [], error: messageOf(error) };
  }
}

/** An attestor that does not heed its signal is left behind. */
async function withinTime(
  attestor: WorkloadAttestor,
  { peer, signal, clock, note }: Asking & { readonly note: Note },
): Promise<readonly Selector[]> {
  const { timeoutMs = TIMEOUT_MS } = attestor;
  const over = new AbortController();
  const bounded = AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(timeoutMs, bounded).then(() => {
    throw unavailable(`no answer within ${timeoutMs / 1_000} s`);
  });
  try {
    return await Promise.race([attestor.attest(peer, bounded, note), late]);
  } finally {
    over.abort(unavailable('the attestation is over'));
    late.catch(() => {}); // its part is played
  }
}

function checkSelectors(name: string, selectors: readonly Selector[]): readonly Selector[] {
  if (selectors.length > SELECTORS_MAX) throw unavailable(`${selectors.length} selectors are too many`);
  const own = selectors.filter(({ type, value }) => type === name && value !== '');
  if (own.some(({ value }) => value.length > VALUE_MAX_CHARACTERS)) {
    throw unavailable(`a selector is longer than ${VALUE_MAX_CHARACTERS} characters`);
  }
  return own;
}
