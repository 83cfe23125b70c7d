/**
 * A workload's source of identities, and whether it ever had none: it keeps what it has through broken streams, and
 * drops it when it is told that it has no identity any more. Used by the recovery tests.
 */
import { type X509Identity, X509Source } from '../../shared/client/index.ts';
import type { System } from '../interop/system.ts';

const FIRST_MS = 60_000;

export class SteadyWorkload {
  readonly losses: string[] = [];
  #source: X509Source | undefined;
  #identities: readonly X509Identity[] = [];

  private constructor() {}

  /** Resolves when it has its first identity. */
  static async start({ workloadApi: address }: System): Promise<SteadyWorkload> {
    const workload = new SteadyWorkload();
    const pick = (identities: readonly X509Identity[]): X509Identity | undefined => {
      workload.#identities = identities;
      return identities[0];
    };
    const source = await X509Source.create({ address, pick, signal: AbortSignal.timeout(FIRST_MS) });
    workload.#source = source;
    source.onUpdate(() => void workload.ids());
    return workload;
  }

  /** The IDs it has now. */
  ids(): readonly string[] {
    try {
      this.#source?.identity();
      return this.#identities.map(({ svid }) => svid.id.toString());
    } catch (error) {
      this.losses.push(String(error));
      return [];
    }
  }

  close(): void {
    this.#source?.close();
  }
}
