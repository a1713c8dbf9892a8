/** A CloudFormation template asks for something that this reader does not know. The message names it and where it stands. */
export class UnsupportedTemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnsupportedTemplateError";
  }
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** Values for the pseudo-parameters; a laptop has no account. */
export interface PseudoParameters {
  readonly stackName: string;
  readonly region: string;
  /** Twelve digits. */
  readonly accountId: string;
}

export interface IntrinsicResolver {
  /** The value with every intrinsic replaced. `path` is where it stands, for faults. Throws `UnsupportedTemplateError`. */
  resolve(value: unknown, path: string): unknown;
  /** The name that CloudFormation would give a resource: its own, or one made from the logical id. */
  physicalName(logicalId: string): string;
  arnOf(logicalId: string, path: string): string;
}

/** Property that holds a resource's own name, and its ARN's last part, by type. */
const NAMED: Readonly<Record<string, { readonly property: string; readonly service: string; readonly prefix: string }>> = {
  "AWS::Events::EventBus": { property: "Name", service: "events", prefix: "event-bus/" },
  "AWS::ECS::Cluster": { property: "ClusterName", service: "ecs", prefix: "cluster/" },
  "AWS::ECS::CapacityProvider": { property: "Name", service: "ecs", prefix: "capacity-provider/" },
  "AWS::ECS::TaskDefinition": { property: "Family", service: "ecs", prefix: "task-definition/" },
  "AWS::SQS::Queue": { property: "QueueName", service: "sqs", prefix: "" },
  "AWS::IAM::Role": { property: "RoleName", service: "iam", prefix: "role/" },
  "AWS::Logs::LogGroup": { property: "LogGroupName", service: "logs", prefix: "log-group:" },
  "AWS::ECR::Repository": { property: "RepositoryName", service: "ecr", prefix: "repository/" },
  "AWS::EC2::Subnet": { property: "", service: "ec2", prefix: "subnet/" },
  "AWS::EC2::SecurityGroup": { property: "GroupName", service: "ec2", prefix: "security-group/" },
};

const INTRINSIC = /^(Ref|Condition|Fn::.+)$/;

/** Resolves Ref, Fn::GetAtt, Fn::Join, Fn::Select, Fn::Split and the pseudo-parameters; refuses every other intrinsic by name. */
export function createIntrinsicResolver(resources: Readonly<Record<string, TemplateResource>>, pseudo: PseudoParameters): IntrinsicResolver {
  const pseudoValues: Readonly<Record<string, string>> = {
    "AWS::AccountId": pseudo.accountId,
    "AWS::Region": pseudo.region,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": pseudo.stackName,
    "AWS::StackId": `arn:aws:cloudformation:${pseudo.region}:${pseudo.accountId}:stack/${pseudo.stackName}/local`,
  };

  function resource(logicalId: string, path: string): TemplateResource {
    const found = resources[logicalId];
    if (!found) throw new UnsupportedTemplateError(`${path}: "${logicalId}" is no resource or pseudo-parameter of the template`);
    return found;
  }

  function physicalName(logicalId: string): string {
    const { Type, Properties } = resource(logicalId, logicalId);
    const property = NAMED[Type]?.property;
    const own = property ? Properties?.[property] : undefined;
    return own === undefined ? `${pseudo.stackName}-${logicalId}` : text(resolve(own, `${logicalId}.Properties.${property}`), logicalId);
  }

  function arnOf(logicalId: string, path: string): string {
    const { Type } = resource(logicalId, path);
    const named = NAMED[Type];
    if (!named) throw new UnsupportedTemplateError(`${path}: the ARN of a ${Type} is not known here`);
    const region = named.service === "iam" ? "" : pseudo.region;
    // A task definition's ARN ends in its revision, and each local template is the first.
    const revision = Type === "AWS::ECS::TaskDefinition" ? ":1" : "";
    return `arn:aws:${named.service}:${region}:${pseudo.accountId}:${named.prefix}${physicalName(logicalId)}${revision}`;
  }

  function ref(name: string, path: string): string {
    if (name.startsWith("AWS::")) {
      const value = pseudoValues[name];
      if (value === undefined) throw new UnsupportedTemplateError(`${path}: pseudo-parameter ${name} is not supported`);
      return value;
    }
    const { Type } = resource(name, path);
    if (Type === "AWS::ECS::TaskDefinition") return arnOf(name, path);
    if (Type === "AWS::EC2::Subnet" || Type === "AWS::EC2::SecurityGroup") return name;
    if (Type === "AWS::SQS::Queue") return `https://sqs.${pseudo.region}.amazonaws.com/${pseudo.accountId}/${physicalName(name)}`;
    if (!NAMED[Type]) throw new UnsupportedTemplateError(`${path}: Ref of a ${Type} is not known here`);
    return physicalName(name);
  }

  function getAtt(argument: unknown, path: string): string {
    const [logicalId, attribute] = typeof argument === "string" ? splitOnce(argument, ".") : list(argument, path).map((part) => text(part, path));
    if (logicalId === undefined || attribute === undefined) throw new UnsupportedTemplateError(`${path}: Fn::GetAtt needs a resource and an attribute`);
    const { Type } = resource(logicalId, path);
    if (attribute === "Arn") return arnOf(logicalId, path);
    if (Type === "AWS::EC2::SecurityGroup" && attribute === "GroupId") return logicalId;
    throw new UnsupportedTemplateError(`${path}: attribute ${attribute} of a ${Type} is not known here`);
  }

  function call(name: string, argument: unknown, path: string): unknown {
    const at = `${path}.${name}`;
    switch (name) {
      case "Ref":
        return ref(text(argument, at), at);
      case "Fn::GetAtt":
        return getAtt(argument, at);
      case "Fn::Join": {
        const [delimiter, parts] = list(argument, at);
        return list(resolve(parts, at), at).map((part) => text(part, at)).join(text(delimiter, at));
      }
      case "Fn::Split": {
        const [delimiter, source] = list(argument, at);
        return text(resolve(source, at), at).split(text(delimiter, at));
      }
      case "Fn::Select": {
        const [index, from] = list(argument, at);
        const chosen = list(resolve(from, at), at)[Number(index)];
        if (chosen === undefined) throw new UnsupportedTemplateError(`${at}: there is no element ${String(index)}`);
        return chosen;
      }
      default:
        throw new UnsupportedTemplateError(`${path}: ${name} is not supported; Ref, Fn::GetAtt, Fn::Join, Fn::Select and Fn::Split are`);
    }
  }

  function resolve(value: unknown, path: string): unknown {
    if (Array.isArray(value)) return value.map((entry, index) => resolve(entry, `${path}.${index}`));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    const [only] = entries;
    if (only && entries.length === 1 && INTRINSIC.test(only[0])) return call(only[0], only[1], path);
    return Object.fromEntries(entries.map(([key, entry]) => [key, resolve(entry, `${path}.${key}`)]));
  }

  return { resolve, physicalName, arnOf };
}

function text(value: unknown, path: string): string {
  if (typeof value === "string") return value;
  throw new UnsupportedTemplateError(`${path}: expected a text, found ${JSON.stringify(value)}`);
}

function list(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new UnsupportedTemplateError(`${path}: expected a list, found ${JSON.stringify(value)}`);
}

function splitOnce(value: string, separator: string): string[] {
  const at = value.indexOf(separator);
  return at < 0 ? [value] : [value.slice(0, at), value.slice(at + separator.length)];
}
