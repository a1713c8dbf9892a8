import * as z from "../schema.ts";
import type { JobSummary } from "../core/job-summary.ts";
import { StoreError, type JobDirectory, type Log } from "../ports.ts";
import { withinTimeLimit } from "../time-limit.ts";
import { fromAttributeValues } from "./attribute-value.ts";
import { portErrorFrom } from "./aws-failure.ts";
import { DYNAMODB_CODES } from "./dynamodb-codes.ts";
import { isJobId, LISTED_ENDED, LISTED_OPEN, storedShape, type JobItem } from "./job-item.ts";
import { jobsTableDefinition } from "./jobs-table-definition.ts";
import type { CheckedTableAccess } from "./table-access.ts";

const { partitionKey, directoryIndex } = jobsTableDefinition;
const storedSummary: z.ZodMiniType<JobSummary> = z.pick(z.object(storedShape), {
  jobId: true,
  state: true,
  reason: true,
  nextTryAt: true,
  launch: true,
  leaseUntil: true,
  launchedAt: true,
  installationId: true,
  repository: true,
  runId: true,
  jobName: true,
  workflowName: true,
  labels: true,
  htmlUrl: true,
  createdAt: true,
  placement: true,
  runnerName: true,
  conclusion: true,
  receivedAt: true,
  startedAt: true,
  endedAt: true,
});

interface Answer {
  readonly Items?: readonly JobItem[];
  readonly LastEvaluatedKey?: JobItem;
}

/** An installation's jobs from an index of the jobs table: one query a page. A `from` that is no page's of that list is taken for the beginning. */
export function createDynamoJobDirectory({ client, tableName, callTimeoutMs, log }: CheckedTableAccess): JobDirectory {
  return {
    async list({ installationId, which, limit, from }) {
      const prefix = which === "open" ? LISTED_OPEN : LISTED_ENDED;
      const start = from === null ? null : placeOf(from, prefix);
      const input = {
        TableName: tableName,
        IndexName: directoryIndex.name,
        KeyConditionExpression: "#under = :under AND begins_with(#as, :as)",
        ExpressionAttributeNames: { "#under": directoryIndex.partitionKey.name, "#as": directoryIndex.sortKey.name },
        ExpressionAttributeValues: { ":under": { S: installationId }, ":as": { S: prefix } },
        ScanIndexForward: which === "open",
        // One more tells whether there is another page.
        Limit: limit + 1,
        ...(start && { ExclusiveStartKey: { ...start, [directoryIndex.partitionKey.name]: { S: installationId } } }),
      };
      let answer: Answer;
      try {
        answer = (await withinTimeLimit(callTimeoutMs, (signal) => client.call("Query", input, signal))) as Answer;
      } catch (error) {
        throw portErrorFrom(error, { as: StoreError, topic: "store", doing: `list ${which} jobs of installation ${installationId}`, codes: DYNAMODB_CODES });
      }
      const items = answer.Items ?? [];
      // An answer ends at a megabyte, too.
      const last = items.length > limit ? items[limit - 1] : answer.LastEvaluatedKey;
      return { jobs: items.slice(0, limit).flatMap((item) => summaryOf(item, log) ?? []), next: last ? pageAfter(last) : null };
    },
  };
}

function summaryOf(item: JobItem, log: Log): JobSummary | null {
  const parsed = storedSummary.safeParse(fromAttributeValues(item));
  if (parsed.success && isJobId(parsed.data.jobId)) return parsed.data;
  log.error({ jobId: item[partitionKey.name]?.S, faults: parsed.error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? ["jobId: is no number of GitHub's"] }, "job left out of a list");
  return null;
}

function pageAfter(item: JobItem): string {
  return Buffer.from(`${item[directoryIndex.sortKey.name]?.S} ${item[partitionKey.name]?.S}`).toString("base64url");
}

/** Where a page ended. It comes from an address, so anything may be in it; the installation is never taken from there. */
function placeOf(page: string, prefix: string): JobItem | null {
  const [, listedAs, jobId] = /^([a-z]+#\d{15}) (\d{1,20})$/.exec(Buffer.from(page, "base64url").toString("latin1")) ?? [];
  if (!listedAs?.startsWith(prefix) || jobId === undefined) return null;
  return { [directoryIndex.sortKey.name]: { S: listedAs }, [partitionKey.name]: { S: jobId } };
}
