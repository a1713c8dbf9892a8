/** `npm run bench:pages`: what the admin pages weigh and take, from the embedded table with ten thousand jobs and the simulated GitHub. */
import { toJobItem } from "../../app/aws/job-item.ts";
import { createAwsClients } from "../../app/aws/aws-clients.ts";
import { createDynamoJobDirectory } from "../../app/aws/job-directory.ts";
import { createDynamoJobStore } from "../../app/aws/job-store.ts";
import type { JobRecord } from "../../app/core/job-record.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { startEmbeddedDynamoDb } from "../../app/local/embedded-dynamodb.ts";
import { manyJobs } from "../support/admin/many-jobs.ts";
import { anAdminWorld, HERE } from "../support/admin/an-admin-world.ts";
import { aBusyDay } from "../support/admin/a-busy-day.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { aPolicy } from "../support/test-profiles.ts";

const JOBS = 10_000;
const ROUNDS = 30;
const TABLE = "jobs";
const LIMIT = { milliseconds: 200, bytes: 100 * 1024 } as const;

const dynamoDb = await startEmbeddedDynamoDb({ tableName: TABLE });
const fetch = createKeepAliveFetch();
const aws = createAwsClients({ fetch, region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" }, endpoints: { dynamoDb: dynamoDb.endpoint, eventBridge: dynamoDb.endpoint } });
const table = { client: aws.dynamoDb, tableName: TABLE, callTimeoutMs: 10_000, log: createRecordingLog() };
const here = await anAdminWorld({ store: createDynamoJobStore(table), directory: createDynamoJobDirectory(table), profiles: aPolicy() });
try {
  const acme = String(here.simulated.installationId);
  const now = here.world.clock();
  const day = aBusyDay(acme, now);
  here.sightings = day.sightings;
  here.usage = day.usage;
  here.tasks = day.tasks;
  const records = [...day.records, ...manyJobs(JOBS - day.records.length, [acme, "2", "3", "4"], now)];
  for (let from = 0; from < records.length; from += 25) await write(records.slice(from, from + 25));

  const browser = here.browser();
  await here.signIn(browser, "ada");
  let met = true;
  console.log(`${records.length} jobs, Node ${process.version}, ${ROUNDS} times each\n`);
  console.log("| page | KiB | median | slowest |\n|---|---:|---:|---:|");
  for (const path of ["/", `/installations/${acme}`, `/installations/${acme}/live`, `/installations/${acme}/jobs?which=open`, `/installations/${acme}/jobs?which=ended`, "/jobs/8123456001", "/jobs/8123456001/live"]) {
    const times: number[] = [];
    let bytes = 0;
    for (let round = 0; round < ROUNDS; round++) {
      // Below what one session may ask.
      here.pass(2_000);
      const begin = performance.now();
      const response = await browser.send(HERE + path);
      bytes = Buffer.byteLength(await response.text());
      times.push(performance.now() - begin);
      if (response.status !== 200) throw new Error(`${path} was answered with ${response.status}`);
    }
    times.sort((a, b) => a - b);
    const [median = 0, slowest = 0] = [times[Math.floor(times.length / 2)], times.at(-1)];
    met &&= bytes <= LIMIT.bytes && median <= LIMIT.milliseconds;
    console.log(`| \`${path.replace(acme, "ID")}\` | ${(bytes / 1024).toFixed(1)} | ${median.toFixed(0)} ms | ${slowest.toFixed(0)} ms |`);
  }
  process.exitCode = met ? 0 : 1;
} finally {
  await here.close();
  aws.close();
  await dynamoDb.close();
}

async function write(records: readonly JobRecord[]): Promise<void> {
  await aws.dynamoDb.call("BatchWriteItem", { RequestItems: { [TABLE]: records.map((record) => ({ PutRequest: { Item: toJobItem(record, "bench") } })) } }, AbortSignal.timeout(30_000));
}
