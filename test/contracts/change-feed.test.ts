import { describe } from 'node:test';
import type { Entry } from '../../server/entries/entry.ts';
import { FakeChangeFeed } from '../fakes/change-feed.ts';
import { postgresFeedWorld } from '../fakes/feed-world.ts';
import { testDatabase } from '../fakes/database.ts';
import { changeFeedContract } from './change-feed.ts';

describe('change feed in Postgres', () => {
  changeFeedContract<Entry>(async (t) => postgresFeedWorld(await testDatabase(t)));
});

describe('fake change feed', () => {
  changeFeedContract<string>(async () => {
    const feed = new FakeChangeFeed<string>();
    return {
      feed,
      put: async (id, text) => feed.put(id, `${id}=${text}`),
      delete: async (id) => feed.delete(id),
      loseLast: async (count) => feed.loseLast(count),
      pruneBefore: async (n) => feed.pruneBefore(n),
      show: (item) => item,
    };
  });
});
