/** What the demo services tell `writ up` about, over the channel that it started them with. */

export type Report =
  | { readonly kind: 'serving'; readonly spiffeId: string }
  | { readonly kind: 'identity'; readonly spiffeId: string; readonly expiresAt: string }
  | { readonly kind: 'called'; readonly server: string; readonly client: string; readonly answer: string }
  | { readonly kind: 'failed'; readonly message: string };

/** Sends to the parent; without one (started by hand) prints. */
export function report(message: Report): void {
  if (process.send === undefined) process.stdout.write(`${JSON.stringify(message)}\n`);
  else process.send(message);
}

/** Reads what a service sent; undefined when it is nothing of ours. */
export function readReport(message: unknown): Report | undefined {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return undefined;
  return message as Report;
}
