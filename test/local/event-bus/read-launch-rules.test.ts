import { describe, expect, it } from "vitest";
import { readLaunchRules } from "../../../app/local/event-bus/read-launch-rules.ts";
import { UnsupportedTemplateError } from "../../../app/local/event-bus/resolve-intrinsics.ts";
import { aLaunchTemplate, TEST_ACCOUNT } from "./a-launch-template.ts";

const read = (template: unknown) => readLaunchRules(template, TEST_ACCOUNT);

describe("readLaunchRules", () => {
  it("reads bus, rule, target and task definition, with every reference resolved", () => {
    const rules = read(aLaunchTemplate());
    expect(rules).toMatchObject({ eventBusName: "jobs", eventBusArn: "arn:aws:events:eu-west-1:000000000000:event-bus/jobs", region: "eu-west-1" });
    expect(rules.rules).toMatchObject([
      {
        name: "Test-Rule",
        arn: "arn:aws:events:eu-west-1:000000000000:rule/jobs/Test-Rule",
        enabled: true,
        targets: [
          {
            id: "Target0",
            clusterArn: "arn:aws:ecs:eu-west-1:000000000000:cluster/Test-Cluster",
            taskCount: 1,
            retry: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 300 },
            deadLetterQueueArn: "arn:aws:sqs:eu-west-1:000000000000:Test-DeadLetters",
            taskDefinition: {
              arn: "arn:aws:ecs:eu-west-1:000000000000:task-definition/runner-task:1",
              cpu: "1024",
              memory: "2048",
              container: {
                name: "runner",
                image: "000000000000.dkr.ecr.eu-west-1.amazonaws.com/Test-Repository",
                environment: { FIXED: "from-definition" },
                stopTimeoutSeconds: 120,
              },
            },
          },
        ],
      },
    ]);
  });

  it("reads where ECS would place the task: a launch type, or a capacity provider for what the task definition is made for", () => {
    const template = aLaunchTemplate();
    const capacityOf = () => read(template).rules[0]?.targets[0]?.capacity;
    expect(capacityOf()).toEqual({ launchType: "FARGATE", capacityProvider: null });

    const { EcsParameters } = template.Resources.Rule.Properties.Targets[0]!;
    delete EcsParameters["LaunchType"];
    EcsParameters["CapacityProviderStrategy"] = [{ CapacityProvider: { Ref: "Instances" }, Weight: 1 }];
    Object.assign(template.Resources, { Instances: { Type: "AWS::ECS::CapacityProvider", Properties: {} } });
    expect(capacityOf()).toEqual({ launchType: "EC2", capacityProvider: "Test-Instances" });
    Object.assign(template.Resources.Task.Properties, { RequiresCompatibilities: ["FARGATE"] });
    expect(capacityOf()).toEqual({ launchType: "FARGATE", capacityProvider: "Test-Instances" });
  });

  it("leaves rules of other buses and schedules alone, whatever they hold", () => {
    const template = aLaunchTemplate();
    const others = {
      OnDefaultBus: { Type: "AWS::Events::Rule", Properties: { EventPattern: { source: [{ prefix: "aws." }] }, Targets: [{ Arn: { "Fn::Sub": "x" } }] } },
      Schedule: { Type: "AWS::Events::Rule", Properties: { ScheduleExpression: "rate(1 minute)" } },
    };
    expect(read({ Resources: { ...template.Resources, ...others } }).rules.map(({ name }) => name)).toEqual(["Test-Rule"]);
  });

  it("keeps the retry defaults of the API where the template says nothing", () => {
    const template = aLaunchTemplate();
    const [target] = template.Resources.Rule.Properties.Targets;
    delete (target as { RetryPolicy?: unknown }).RetryPolicy;
    delete (target as { DeadLetterConfig?: unknown }).DeadLetterConfig;
    expect(read(template).rules[0]?.targets[0]).toMatchObject({ retry: { maximumRetryAttempts: 185, maximumEventAgeInSeconds: 86_400 }, deadLetterQueueArn: null });
  });

  type Template = ReturnType<typeof aLaunchTemplate>;
  it.each<[string, (template: Template) => void, string]>([
    ["another intrinsic", (t) => (t.Resources.Rule.Properties.EventPattern = { source: [{ "Fn::Sub": "${AWS::Region}" }] }), "Rule.Properties.EventPattern.source.0: Fn::Sub is not supported"],
    ["an import", (t) => (t.Resources.Task.Properties.ContainerDefinitions[0]!.Image = { "Fn::ImportValue": "x" }), "Task.Properties.ContainerDefinitions.0.Image: Fn::ImportValue"],
    ["an unknown pseudo-parameter", (t) => (t.Resources.Task.Properties.ContainerDefinitions[0]!.Image = { Ref: "AWS::NoValue" }), "AWS::NoValue is not supported"],
    ["a reference to nothing", (t) => (t.Resources.Rule.Properties.EventBusName = { Ref: "Gone" }), '"Gone" is no resource'],
    ["an attribute it does not know", (t) => (t.Resources.Rule.Properties.Targets[0]!.Arn = { "Fn::GetAtt": ["Cluster", "Colour"] }), "attribute Colour of a AWS::ECS::Cluster"],
    ["a target that is no ECS task", (t) => delete (t.Resources.Rule.Properties.Targets[0] as { EcsParameters?: unknown }).EcsParameters, "Rule.Properties.Targets.0.EcsParameters"],
    ["a launch type beside a capacity provider", (t) => (t.Resources.Rule.Properties.Targets[0]!.EcsParameters["CapacityProviderStrategy"] = [{ CapacityProvider: "FARGATE_SPOT" }]), "LaunchType excludes CapacityProviderStrategy"],
    ["an operator it does not know", (t) => (t.Resources.Rule.Properties.EventPattern = { source: [{ prefix: "git" }] }), 'Rule.Properties.EventPattern.source: operator "prefix"'],
    ["a broken transformer", (t) => (t.Resources.Rule.Properties.Targets[0]!.InputTransformer.InputTemplate = "<what>"), "Rule.Properties.Targets.0.InputTransformer: <what>"],
    ["a task definition of elsewhere", (t) => (t.Resources.Rule.Properties.Targets[0]!.EcsParameters["TaskDefinitionArn"] = "arn:other"), "task definition arn:other is not in the template"],
  ])("refuses %s and says where it stands", (_what, spoil, message) => {
    const template = aLaunchTemplate();
    spoil(template);
    expect(() => read(template)).toThrow(message);
  });

  it("refuses a template without a bus, or with two", () => {
    const { Bus, ...rest } = aLaunchTemplate().Resources;
    expect(() => read({ Resources: rest })).toThrow("0 event buses");
    expect(() => read({ Resources: { ...rest, Bus, Second: Bus } })).toThrow("2 event buses");
    expect(() => read("no template")).toThrow(UnsupportedTemplateError);
  });
});
