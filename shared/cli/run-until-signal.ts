/** Keeps a daemon running until a signal asks it to stop, or the process that supervises it is gone. */

/** Resolves with why. A second SIGINT or SIGTERM ends the process at once. */
export function untilStopped(): Promise<string> {
  const asked = Promise.withResolvers<string>();
  const stop = (why: string): void => {
    process.channel?.unref(); // a channel to a supervisor must not keep us once everything has stopped
    asked.resolve(why);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop(signal);
      process.once(signal, () => process.exit(1));
    });
  }
  process.once('disconnect', () => stop('its supervisor is gone'));
  return asked.promise;
}
