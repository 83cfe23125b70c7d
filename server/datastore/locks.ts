/** First keys of the advisory locks, in one place so that no two uses meet. Only pg_advisory_xact_lock is ever used. */
export const lockClass = {
  migrate: 0x77726901, // 'wri' and a number
  entryCreation: 0x77726902,
} as const;
