/** Messages as SPIRE's command line prints them with `-output json`: protojson with proto field names, keys sorted. */

/** One line without its newline. Empty messages stay, nulls go, bytes are base64, 64-bit integers text. */
export const toJson = (message: unknown): string => JSON.stringify(ordered(message));

function ordered(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).filter(
    ([key, field]) => field !== null && field !== undefined && !key.startsWith('_'),
  );
  return Object.fromEntries(
    fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, ordered(field)]),
  );
}
