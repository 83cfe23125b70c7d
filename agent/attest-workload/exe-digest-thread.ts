/** The thread that reads and hashes one file, so that a file system that hangs holds nobody else. Started by exe-digests. */
import { parentPort, workerData } from 'node:worker_threads';
import { type DigestRequest, digestFile } from './exe-digest.ts';

parentPort?.postMessage(digestFile(workerData as DigestRequest));
