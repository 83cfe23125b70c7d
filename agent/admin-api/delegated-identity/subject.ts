/** The workload that a delegate asks about: by selectors, which are believed, or by a pid, which is attested here. */
import type { SelectorOutput } from '../../../proto/gen/spire/api/types/Selector.ts';
import { invalidArgument, messageOf, unavailable } from '../../../shared/errors.ts';
import { checkSelector, normalizeSelectors, type Selector } from '../../../shared/selectors.ts';
import type { WorkloadAttestation } from '../../attest-workload/attest.ts';
import type { Peer, PeerSource } from '../../attest-workload/peer-info.ts';

export interface Subject {
  readonly selectors: readonly Selector[];
  /**
   * Throws Unavailable when the process that was named by its pid has ended.
   * DIVERGES: SPIRE goes on sending, and leaves it to the delegate to notice that the pid has passed to another process.
   */
  checkAlive(): void;
  close(): void;
}

export interface SubjectsDeps {
  readonly peers: Pick<PeerSource, 'open'>;
  readonly attestation: Pick<WorkloadAttestation, 'attest'>;
}

export interface SubjectRequest {
  readonly selectors: readonly SelectorOutput[];
  readonly pid: number;
}

export type FindSubject = (request: SubjectRequest, signal: AbortSignal) => Promise<Subject>;

const SELECTORS_MAX = 256; // above those of any pod; each is held for as long as it is told of

/** The function throws InvalidArgument in SPIRE's words, Unavailable where the process cannot be attested. */
export const findSubject =
  (deps: SubjectsDeps): FindSubject =>
  async ({ selectors, pid }, signal) => {
    if (selectors.length > 0 === (pid !== 0))
      throw invalidArgument('must provide either selectors or non-zero PID, but not both');
    if (pid !== 0) return ofProcess(deps, pid, signal);
    return { selectors: selectorsFromWire(selectors), checkAlive: () => {}, close: () => {} };
  };

function selectorsFromWire(wire: readonly SelectorOutput[]): readonly Selector[] {
  try {
    if (wire.length > SELECTORS_MAX) throw new Error(`more than ${SELECTORS_MAX}`);
    return normalizeSelectors(wire.map(({ type, value }) => checkSelector({ type, value })));
  } catch (cause) {
    throw invalidArgument('could not parse provided selectors', { cause });
  }
}

/** Held for as long as it is told of, so that it is the one that was meant. */
async function ofProcess(
  { peers, attestation }: SubjectsDeps,
  pid: number,
  signal: AbortSignal,
): Promise<Subject> {
  const process = open(peers, pid);
  try {
    const selectors = await attestation.attest(process, signal);
    return { selectors, checkAlive: () => process.checkAlive(), close: () => process.close() };
  } catch (error) {
    process.close();
    throw error;
  }
}

function open(peers: Pick<PeerSource, 'open'>, pid: number): Peer {
  try {
    return peers.open(pid);
  } catch (cause) {
    throw unavailable(`workload attestation failed: ${messageOf(cause)}`, { cause });
  }
}
