import { test } from 'node:test';
import { tellRandomStories } from '../flows/random-story.ts';

test('whatever happens, once it has settled each workload has what the database says', () =>
  tellRandomStories(20));
