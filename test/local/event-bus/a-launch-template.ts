/** A template as small as the reader takes: one bus, one rule, one task definition. Every call makes a new one to change. */
export function aLaunchTemplate() {
  return {
    Resources: {
      Bus: { Type: "AWS::Events::EventBus", Properties: { Name: "jobs" } },
      Cluster: { Type: "AWS::ECS::Cluster" },
      DeadLetters: { Type: "AWS::SQS::Queue", Properties: {} },
      Role: { Type: "AWS::IAM::Role", Properties: {} },
      Repository: { Type: "AWS::ECR::Repository", Properties: {} },
      Task: {
        Type: "AWS::ECS::TaskDefinition",
        Properties: {
          Family: "runner-task",
          Cpu: "1024",
          Memory: "2048",
          ContainerDefinitions: [
            {
              Name: "runner",
              Image: { "Fn::Join": ["", [{ "Fn::Select": [4, { "Fn::Split": [":", { "Fn::GetAtt": ["Repository", "Arn"] }] }] }, ".dkr.ecr.", { Ref: "AWS::Region" }, ".", { Ref: "AWS::URLSuffix" }, "/", { Ref: "Repository" }]] } as unknown,
              Environment: [{ Name: "FIXED", Value: "from-definition" }],
              StopTimeout: 120,
            },
          ],
        },
      },
      Rule: {
        Type: "AWS::Events::Rule",
        Properties: {
          EventBusName: { Ref: "Bus" } as unknown,
          EventPattern: { source: ["test"] } as unknown,
          State: "ENABLED",
          Targets: [
            {
              Id: "Target0",
              Arn: { "Fn::GetAtt": ["Cluster", "Arn"] } as unknown,
              RoleArn: { "Fn::GetAtt": "Role.Arn" } as unknown,
              DeadLetterConfig: { Arn: { "Fn::GetAtt": ["DeadLetters", "Arn"] } as unknown } as { Arn: unknown } | undefined,
              EcsParameters: { TaskDefinitionArn: { Ref: "Task" } as unknown, TaskCount: 1, LaunchType: "FARGATE" } as Record<string, unknown>,
              InputTransformer: {
                InputPathsMap: { name: "$.detail.name", cpu: "$.detail.cpu" } as Record<string, string>,
                InputTemplate: '{"containerOverrides":[{"name":"runner","environment":[{"name":"RUNNER_NAME","value":<name>}]}],"cpu":<cpu>}',
              },
              RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 300 },
            },
          ],
        },
      },
    },
  };
}

export const TEST_ACCOUNT = { stackName: "Test", region: "eu-west-1", accountId: "000000000000" };
