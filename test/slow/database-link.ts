/** A way to a Postgres, by a socket in a folder of its own, that can fall silent: what is sent goes nowhere. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = '.s.PGSQL.5432';

export class DatabaseLink {
  readonly folder = mkdtempSync(join(tmpdir(), 'writ-link-'));
  readonly #target: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isSilent = false;
  /** Falls silent after the next message with this text has gone through. */
  #silentAfter: string | undefined;

  private constructor(targetFolder: string) {
    this.#target = join(targetFolder, NAME);
    this.#server = createServer((client) => this.#join(client));
  }

  static async open(targetFolder: string): Promise<DatabaseLink> {
    const link = new DatabaseLink(targetFolder);
    link.#server.listen(join(link.folder, NAME));
    await once(link.#server, 'listening');
    return link;
  }

  #join(client: Socket): void {
    const postgres = createConnection(this.#target);
    for (const [from, to] of [
      [client, postgres],
      [postgres, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => {});
      from.on('data', (bytes: Buffer) => this.#pass(from === client, bytes, to));
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
    if (this.#isSilent) this.#pauseAll();
  }

  #pass(isFromClient: boolean, bytes: Buffer, to: Socket): void {
    to.write(bytes);
    const text = this.#silentAfter;
    if (text !== undefined && isFromClient && bytes.includes(text)) {
      this.#silentAfter = undefined;
      this.beSilent();
    }
  }

  /** Connections are still taken, and stay; nothing moves in them. */
  beSilent(): void {
    this.#isSilent = true;
    this.#pauseAll();
  }

  beSilentAfter(text: string): void {
    this.#silentAfter = text;
  }

  #pauseAll(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  /** What was held back goes on. */
  answerAgain(): void {
    this.#isSilent = false;
    this.#silentAfter = undefined;
    for (const socket of this.#sockets) socket.resume();
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Connections that are open: two sockets each. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    rmSync(this.folder, { recursive: true });
  }
}
