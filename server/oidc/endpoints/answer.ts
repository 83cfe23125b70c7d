/** What an endpoint is asked and what it answers, apart from how HTTP carries it. Used by endpoints and listen. */

export interface Asked {
  /** The host that the client named, or a proxy says it named; undefined where that is no host. */
  readonly host: Host | undefined;
  /** Whether the client came by HTTPS, here or to a proxy that says so. */
  readonly isSecure: boolean;
  readonly ifModifiedSince: Date | undefined;
}

export interface Host {
  /** In lower case. */
  readonly domain: string;
  /** With its colon, or empty. */
  readonly port: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers GET and HEAD on one path. */
export type Endpoint = (asked: Asked) => Answer;

/** The set of keys, and what is said of the issuer, change at any time: nobody keeps them but the client. */
export const NOT_KEPT = {
  'cache-control': 'no-cache, no-store, must-revalidate',
  pragma: 'no-cache',
  expires: '0',
} as const;

/** Indented as SPIRE's. */
export const jsonBody = (value: object): string => JSON.stringify(value, undefined, 2);

/** A sentence for people. */
export const plainAnswer = (status: number, text: string, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body: `${text}\n`,
});
