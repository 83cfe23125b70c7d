/** Keeps a daemon running until a signal asks it to stop, or the process that supervises it is gone. */

/** Resolves with why. A second SIGINT or SIGTERM ends the process at once. */
export function untilStopped(): Promise<string> {
  return new Promise((resolve) => {
    const on = (why: string) => (): void => resolve(why);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(1));
      });
    }
    process.once('disconnect', on('its supervisor is gone'));
  });
}
