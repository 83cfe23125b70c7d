/** A real Writ for one bench: whatever happens, a signal included, its processes end and its folder goes. */
import { System } from '../../interop/system.ts';
import type { SystemOptions } from '../../interop/system-files.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Takes what has to be ended before the system is; the last that was given comes first. */
export type AtEnd = (deed: () => Promise<void>) => void;

/** Throws what `deed` throws, or that it was interrupted: the rest of the deed then fails by itself. */
export async function withSystem(
  options: SystemOptions,
  deed: (system: System, atEnd: AtEnd) => Promise<void>,
): Promise<void> {
  const interrupted = Promise.withResolvers<never>();
  interrupted.promise.catch(() => {}); // it may come before anything waits for it
  const onSignal = (signal: NodeJS.Signals): void =>
    interrupted.reject(new Error(`interrupted by ${signal}`));
  for (const signal of SIGNALS) process.once(signal, onSignal);
  const endings: (() => Promise<void>)[] = [];
  try {
    const system = await System.start(options);
    endings.unshift(() => system.stop());
    await Promise.race([interrupted.promise, deed(system, (ending) => void endings.unshift(ending))]);
  } finally {
    for (const ending of endings) await ending();
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
