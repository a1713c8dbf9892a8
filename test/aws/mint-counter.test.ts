import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDynamoMintCounter } from "../../app/aws/mint-counter.ts";
import { createAwsClients } from "../../app/aws/aws-clients.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { startEmbeddedDynamoDb, type EmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { StoreError } from "../../app/ports.ts";
import { rejectionOf } from "../support/rejection-of.ts";

const MINUTE = 29_000_000;

describe("mints in the jobs table", () => {
  let database: EmbeddedDynamoDb;
  beforeAll(async () => {
    database = await startEmbeddedDynamoDb({ tableName: "jobs" });
  });
  afterAll(() => database.close());

  let installations = 0;
  /** Counters of some processes, for an installation of its own. */
  function someProcesses(count: number) {
    const installation = String((installations += 1));
    const aws = createAwsClients({ fetch: createKeepAliveFetch(), region: "local", credentials: { accessKeyId: "local", secretAccessKey: "local" }, endpoints: { dynamoDb: database.endpoint } });
    const counters = Array.from({ length: count }, () => createDynamoMintCounter({ client: aws.dynamoDb, tableName: "jobs", callTimeoutMs: 2_000 }));
    return { installation, counters };
  }

  it("are counted once each, however many processes count at the same time", async () => {
    const { installation, counters } = someProcesses(20);
    const windows = await Promise.all(counters.map((counter) => counter.add(installation, MINUTE, 3)));
    expect(windows.map(({ used }) => used).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => (index + 1) * 3));
    expect(windows.every(({ minute, usedBefore }) => minute === MINUTE && usedBefore === 0)).toBe(true);
  });

  it("of the minute before are known, and older ones forgotten", async () => {
    const { installation, counters: [one, other] } = someProcesses(2);
    await one?.add(installation, MINUTE, 7);
    expect(await other?.add(installation, MINUTE + 1, 1)).toMatchObject({ minute: MINUTE + 1, used: 1, usedBefore: 7 });
    expect(await one?.add(installation, MINUTE + 3, 2)).toMatchObject({ minute: MINUTE + 3, used: 2, usedBefore: 0 });
  });

  it("of a process whose clock is behind count in the newest minute", async () => {
    const { installation, counters: [one, other] } = someProcesses(2);
    await one?.add(installation, MINUTE, 7);
    expect(await other?.add(installation, MINUTE - 1, 1)).toMatchObject({ minute: MINUTE, used: 8 });
  });

  it("come with the longest pause that anybody noted, and whose the installation's jobs are", async () => {
    const { installation, counters: [one, other] } = someProcesses(2);
    await one?.note(installation, { pausedUntil: 500 });
    await other?.note(installation, { pausedUntil: 400 });
    await other?.note(installation, { heldUntil: 300 });
    expect(await one?.add(installation, MINUTE, 1)).toEqual({ minute: MINUTE, used: 1, usedBefore: 0, pausedUntil: 500, heldUntil: 300 });
  });

  it("that cannot be counted are a failure of the store", async () => {
    const { installation, counters: [one] } = someProcesses(1);
    database.setDown(true);
    try {
      expect(await rejectionOf(one?.add(installation, MINUTE, 1) ?? Promise.resolve(), StoreError)).toMatchObject({ reason: "store-failed" });
    } finally {
      database.setDown(false);
    }
  });
});
