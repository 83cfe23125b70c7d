/** What the list of every store does with what it shows. Used by the contracts of the stores. */
import assert from 'node:assert/strict';
import type { Page, PageRequest, Show } from '../../server/entries/entry-store.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import { asIs } from '../fakes/paging.ts';

type List<Item> = <Shown>(page: PageRequest, show: Show<Item, Shown>) => Promise<Page<Shown>>;

const ALL = { pageSize: 0, pageToken: '' };

/** To the last one, which is empty. */
export async function pagesOf<Item>(list: List<Item>, pageSize: number): Promise<(readonly Item[])[]> {
  const pages: (readonly Item[])[] = [];
  let pageToken = '';
  do {
    const page = await list({ pageSize, pageToken }, asIs);
    pages.push(page.items);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return pages;
}

/** Of a list that has some items: it ends before the first one that does not fit, and its token goes on there. */
export async function checkListEndsWhereFull<Item>(list: List<Item>): Promise<void> {
  const { items: all } = await list(ALL, asIs);
  assert.ok(all.length > 2, 'there is not enough to list');
  const seen: Item[] = [];
  let token = '';
  do {
    let room = 2;
    const page = await list({ pageSize: 1_000, pageToken: token }, (item) => (room-- > 0 ? item : undefined));
    assert.ok(page.items.length <= 2);
    seen.push(...page.items);
    token = page.nextPageToken;
  } while (token !== '');
  assert.deepEqual(seen, all);
  const refused = new CodedError(Code.resourceExhausted, 'too much');
  const refuse = (): never => {
    throw refused;
  };
  for (const pageSize of [0, 1, 1_000])
    await assert.rejects(list({ pageSize, pageToken: '' }, refuse), {
      code: Code.resourceExhausted,
      message: 'too much',
    });
}
