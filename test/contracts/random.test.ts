import { describe } from 'node:test';
import { systemRandom } from '../../shared/random.ts';
import { FakeRandom } from '../fakes/random.ts';
import { randomContract } from './random.ts';

describe("the system's randomness", () => randomContract(() => systemRandom));
describe('fake randomness', () => randomContract(() => new FakeRandom(7)));
