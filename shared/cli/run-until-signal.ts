/** Keeps a daemon running until a signal asks it to stop, or the process that supervises it is gone. */

/** Resolves with why. A second SIGINT or SIGTERM ends the process at once. */
export function untilStopped(): Promise<string> {
  const asked = Promise.withResolvers<string>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      asked.resolve(signal);
      process.once(signal, () => process.exit(1));
    });
  }
  process.once('disconnect', () => asked.resolve('its supervisor is gone'));
  process.channel?.unref(); // the channel to a supervisor must not keep a daemon that has stopped, or never started
  return asked.promise;
}
