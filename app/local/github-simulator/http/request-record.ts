/** One request to the simulator and its answer, as they went over the wire. Bodies and headers hold live tokens: show neither. */
export interface RequestRecord {
  readonly method: string;
  /** As asked for, with `/api/v3` where it was used. */
  readonly path: string;
  readonly query: string;
  readonly requestHeaders: Readonly<Record<string, string | string[] | undefined>>;
  readonly requestBody: string;
  /** 0 when no answer was given: the connection was cut, or the client left. */
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** What the simulator was told to do wrong, if anything. */
  readonly misbehaviour: string | null;
}
