/** Many asynchronous deeds, some of them at a time. */

/** The results in order; rejects with the first failure, after which no further deed is begun. */
export async function mapLimited<In, Out>(
  items: readonly In[],
  atOnce: number,
  deed: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = [];
  const rest = items.entries();
  let hasFailed = false;
  const work = async (): Promise<void> => {
    for (const [at, item] of rest) {
      if (hasFailed) return;
      results[at] = await deed(item);
    }
  };
  const workers = Array.from({ length: Math.min(atOnce, items.length) }, () =>
    work().catch((error: unknown) => {
      hasFailed = true;
      throw error;
    }),
  );
  await Promise.all(workers);
  return results;
}
