import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FIGURES } from "../../app/core/figures.ts";
import { aTemplate, type SynthesizedTemplate } from "./a-template.ts";

const stack = aTemplate();
const alarm = (name: string) => stack.one("AWS::CloudWatch::Alarm", `Alarms${name}`).Properties;

describe("alarms", () => {
  it("tell of dead letters by the count that holds every one of them, and of those that stay", () => {
    const queue = stack.one("AWS::SQS::Queue", "LaunchDeadLetters");
    const Dimensions = [{ Name: "QueueName", Value: { "Fn::GetAtt": [queue.id, "QueueName"] } }];
    expect(alarm("LaunchesNotDelivered")).toMatchObject({ Namespace: "AWS/SQS", MetricName: "NumberOfMessagesReceived", Statistic: "Sum", Threshold: 1, Dimensions, TreatMissingData: "notBreaching" });
    expect(alarm("DeadLettersStay")).toMatchObject({ MetricName: "ApproximateAgeOfOldestMessage", Statistic: "Maximum", Threshold: 1_800, Dimensions });
  });

  it("tell of error pages, by a figure of the pages'", () => {
    expect(alarm("AdminPagesBroken")).toMatchObject({ Namespace: "Baton/Baton", MetricName: FIGURES.pagesFailed, Statistic: "Sum", Threshold: 3, EvaluationPeriods: 1, TreatMissingData: "notBreaching" });
  });

  it("tell of every job given up, by a figure of the reconciler's", () => {
    expect(alarm("JobsGivenUp")).toMatchObject({ Namespace: "Baton/Baton", MetricName: FIGURES.jobsGivenUp, Statistic: "Sum", Threshold: 1, TreatMissingData: "notBreaching" });
    expect(stack.ofType("AWS::Logs::MetricFilter")).toEqual([]);
  });

  it("tell of functions that fail, are turned away, or are not called", () => {
    for (const [name, metric] of [["WebhookFails", "Errors"], ["WebhookThrottled", "Throttles"], ["ReconcilerFails", "Errors"], ["AdminPagesFail", "Errors"]] as const) {
      expect(alarm(name)).toMatchObject({ Namespace: "AWS/Lambda", MetricName: metric, ComparisonOperator: "GreaterThanOrEqualToThreshold", TreatMissingData: "notBreaching" });
    }
    expect(alarm("NoRoundEnds")).toMatchObject({ Namespace: "Baton/Baton", MetricName: FIGURES.roundsEnded, Statistic: "Sum", ComparisonOperator: "LessThanThreshold", Threshold: 1, EvaluationPeriods: 10, TreatMissingData: "breaching" });
    expect(alarm("ReconcilerSilent")).toMatchObject({ MetricName: "Invocations", ComparisonOperator: "LessThanThreshold", Threshold: 1, EvaluationPeriods: 5, TreatMissingData: "breaching" });
  });

  it("tell of what the functions' figures say", () => {
    for (const [name, metric] of [["JobsWaitLong", FIGURES.oldestWaiting], ["GithubRefuses", FIGURES.credentialsRefused], ["RemovalsHeldBack", FIGURES.removalsHeldBack]] as const) {
      expect(alarm(name)).toMatchObject({ Namespace: "Baton/Baton", MetricName: metric, Statistic: "Maximum", TreatMissingData: "notBreaching" });
    }
    const functions = stack.ofType("AWS::Lambda::Function").map(({ Properties }) => (Properties["Environment"] as { Variables?: Record<string, unknown> } | undefined)?.Variables?.["METRICS_NAMESPACE"]);
    expect(functions.filter((namespace) => namespace !== undefined)).toEqual(["Baton/Baton", "Baton/Baton", "Baton/Baton", "Baton/Baton"]);
  });

  it("name an article of the runbook each", () => {
    const headings = new Set(Array.from(readFileSync("docs/runbook.md", "utf8").matchAll(/^## (.+)$/gm), ([, heading]) => heading));
    const descriptions = stack.ofType("AWS::CloudWatch::Alarm").map(({ Properties }) => String(Properties["AlarmDescription"])).filter((text) => text.startsWith("Baton: "));
    expect(descriptions.length).toBeGreaterThanOrEqual(14);
    for (const description of descriptions) expect(headings, description).toContain(/See docs\/runbook\.md, "([^"]+)"/.exec(description)?.[1]);
  });

  it("have a dashboard beside them, which shows every figure", () => {
    const body = JSON.stringify(stack.one("AWS::CloudWatch::Dashboard", "Overview").Properties["DashboardBody"]);
    for (const figure of Object.values(FIGURES)) expect(body).toContain(figure);
    expect(body).toContain("NumberOfMessagesReceived");
  });

  it("go to nobody, to an address, or to a topic, by setting", () => {
    const actionsOf = ({ ofType }: SynthesizedTemplate) => new Set(ofType("AWS::CloudWatch::Alarm").map(({ Properties }) => JSON.stringify(Properties["AlarmActions"] ?? null)));
    expect(actionsOf(stack)).toEqual(new Set(["null"]));
    const mailed = aTemplate({ alarmEmail: "ops@example.com" });
    expect(mailed.one("AWS::SNS::Subscription", "Alarms").Properties).toMatchObject({ Protocol: "email", Endpoint: "ops@example.com" });
    expect(actionsOf(mailed)).toEqual(new Set([JSON.stringify([{ Ref: mailed.one("AWS::SNS::Topic", "Alarms").id }])]));
    const { Statement } = mailed.one("AWS::SNS::TopicPolicy", "Alarms").Properties["PolicyDocument"] as { Statement: object[] };
    expect(Statement).toContainEqual(expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }));
    expect(Statement).toContainEqual(
      expect.objectContaining({ Effect: "Allow", Action: "sns:Publish", Principal: { Service: "cloudwatch.amazonaws.com" }, Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } } }),
    );
    const topic = "arn:aws:sns:eu-west-1:123456789012:alarms";
    const given = aTemplate({ alarmTopicArn: topic });
    expect(given.ofType("AWS::SNS::Topic")).toEqual([]);
    expect(actionsOf(given)).toEqual(new Set([JSON.stringify([topic])]));
  });
});
