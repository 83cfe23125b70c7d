/** Work that others may wait for too: one who gives up waiting does not end it. Used by exe-digests and k8s. */

/** Settles as the work does; rejects with the signal's reason when aborted first, while the work goes on. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.then(undefined, () => {});
  }
}
