import { test } from 'node:test';
import { tellRandomStories } from './random-story.ts';

// test/slow tells more.
test('whatever happens, once it has settled each workload has what the database says', () =>
  tellRandomStories(2));
