import { expect, it } from "vitest";
import { createConsoleLinks } from "../../app/aws/console-links.ts";

const links = createConsoleLinks({ region: "eu-west-1", taskLogGroups: ["Baton-Logs/x64", "Baton-Logs-arm64"] });

it("links a task to its page in the console of its region", () => {
  const arn = "arn:aws:ecs:eu-west-1:123456789012:task/Baton-Runners/0123456789abcdef0123456789abcdef";
  expect(links.taskUrl({ arn })).toBe("https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/Baton-Runners/tasks/0123456789abcdef0123456789abcdef/configuration?region=eu-west-1");
  expect(links.taskUrl({ arn: "no task" })).toBeNull();
  const elsewhere = (region: string) => createConsoleLinks({ region, taskLogGroups: [] }).taskUrl({ arn });
  expect(elsewhere("cn-north-1")).toContain("https://cn-north-1.console.amazonaws.cn/");
  expect(elsewhere("us-gov-west-1")).toContain("https://us-gov-west-1.console.amazonaws-us-gov.com/");
});

it("links a runner to a search for its name in the tasks' log groups, as the console writes one", () => {
  const url = links.logsUrl("baton-123-1") ?? "";
  const [before = "", detail = ""] = url.split("$3FqueryDetail$3D");
  expect(before).toBe("https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:logs-insights");
  // `$` stands for `%` of the address, and `*` for `%` within a text of the query.
  const query = decodeURIComponent(detail.replaceAll("$", "%"));
  expect(query).toContain("source~(~'Baton-Logs*2Fx64~'Baton-Logs-arm64)");
  const [, text = ""] = /editorString~'([^~]*)~/.exec(query) ?? [];
  expect(decodeURIComponent(text.replaceAll("*", "%"))).toBe('fields @timestamp, @message, @logStream | filter @message like "baton-123-1" | sort @timestamp asc | limit 200');
});

it("gives no link for what is no runner's name, and none where nothing is logged", () => {
  expect(links.logsUrl('x" | fields @secret')).toBeNull();
  expect(createConsoleLinks({ region: "eu-west-1", taskLogGroups: [] }).logsUrl("baton-1-1")).toBeNull();
});
