/** SPIFFE ID paths (SPIFFE-ID 2.2). */
import { invalidArgument } from '../errors.ts';

/** Throws InvalidArgument unless the path is empty or `/` and non-empty, non-dot segments of `a-z A-Z 0-9 . - _`. */
export function checkPath(path: string): void {
  if (path === '') return;
  if (!path.startsWith('/')) throw invalidArgument('path must have a leading slash');
  for (const segment of path.slice(1).split('/')) checkSegment(segment, path);
}

function checkSegment(segment: string, path: string): void {
  if (segment === '') {
    throw invalidArgument(
      path.endsWith('/') ? 'path cannot have a trailing slash' : 'path cannot contain empty segments',
    );
  }
  if (segment === '.' || segment === '..') throw invalidArgument('path cannot contain dot segments');
  if (!/^[a-zA-Z0-9._-]+$/.test(segment)) {
    throw invalidArgument(
      'path segment characters are limited to letters, numbers, dots, dashes, and underscores',
    );
  }
}
