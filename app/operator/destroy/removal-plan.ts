import { TYPES, type StackContents, type StackResource } from "./stack-contents.ts";

/** One step of a removal, in AWS's terms. */
export type RemovalAction =
  /** So that nothing is launched while tasks are stopped. */
  | { readonly kind: "disable-rule"; readonly rule: string; readonly bus: string | null }
  /** A cluster with tasks cannot be deleted. */
  | { readonly kind: "stop-tasks"; readonly cluster: string }
  /** Instances are protected from scale-in while they run, and CloudFormation waits for them in vain. */
  | { readonly kind: "empty-group"; readonly group: string }
  | { readonly kind: "unprotect-table"; readonly table: string }
  | { readonly kind: "unprotect-stack" }
  | { readonly kind: "delete-stack" }
  | { readonly kind: "delete-table"; readonly table: string }
  | { readonly kind: "delete-image-repository"; readonly repository: string }
  | { readonly kind: "delete-source-repository"; readonly repository: string }
  | { readonly kind: "delete-secret"; readonly secret: string }
  | { readonly kind: "delete-key"; readonly key: string }
  | { readonly kind: "delete-log-group"; readonly logGroup: string };

export interface RemovalPlan {
  /** What goes, for a person to read before saying yes: what holds data first. */
  readonly removes: readonly string[];
  readonly actions: readonly RemovalAction[];
  /** Retained resources that this command cannot remove. */
  readonly leaves: readonly string[];
}

/** What it takes to remove a stack and all that it made, in order. Pure. */
export function removalPlan(contents: StackContents): RemovalPlan {
  const here = contents.resources.filter(({ physicalId, status }) => physicalId !== "" && status !== "DELETE_COMPLETE");
  const ofType = (...types: readonly string[]) => here.filter(({ type }) => types.includes(type));
  const clusters = ofType(TYPES.cluster).map(({ physicalId }) => physicalId);
  const protectedTables = ofType(TYPES.table, TYPES.globalTable).filter(({ physicalId }) => contents.tables.get(physicalId)?.protected === true);
  const retained = here.filter((resource) => resource.retained);

  const before: RemovalAction[] = [
    ...(contents.terminationProtection && contents.status !== "DELETE_COMPLETE" ? [{ kind: "unprotect-stack" } as const] : []),
    ...ofType(TYPES.rule).map(({ physicalId }) => ({ kind: "disable-rule", ...ruleOf(physicalId) }) as const),
    ...clusters.map((cluster) => ({ kind: "stop-tasks", cluster }) as const),
    ...ofType(TYPES.autoScalingGroup).map(({ physicalId: group }) => ({ kind: "empty-group", group }) as const),
    ...protectedTables.map(({ physicalId: table }) => ({ kind: "unprotect-table", table }) as const),
  ];
  const after = retained.flatMap((resource) => deletionOf(resource) ?? []);
  const strays = contents.strayLogGroups.map((logGroup) => ({ kind: "delete-log-group", logGroup }) as const);
  return {
    removes: removedLines(contents, here),
    // A stack that is gone has only what it kept left to remove.
    actions: [...before, ...(contents.status === "DELETE_COMPLETE" ? [] : [{ kind: "delete-stack" } as const]), ...after, ...strays],
    leaves: retained.filter((resource) => deletionOf(resource) === null).map(({ type, physicalId }) => `${type} ${physicalId}, which the stack keeps`),
  };
}

/** A rule on a bus of one's own has the physical id `BUS|RULE`. */
function ruleOf(physicalId: string): { readonly rule: string; readonly bus: string | null } {
  const [first = "", second] = physicalId.split("|");
  return second === undefined ? { rule: first, bus: null } : { rule: second, bus: first };
}

function deletionOf({ type, physicalId }: StackResource): RemovalAction | null {
  switch (type) {
    case TYPES.table:
    case TYPES.globalTable:
      return { kind: "delete-table", table: physicalId };
    case TYPES.imageRepository:
      return { kind: "delete-image-repository", repository: physicalId };
    case TYPES.sourceRepository:
      return { kind: "delete-source-repository", repository: physicalId };
    case TYPES.secret:
      return { kind: "delete-secret", secret: physicalId };
    case TYPES.key:
      return { kind: "delete-key", key: physicalId };
    case TYPES.logGroup:
      return { kind: "delete-log-group", logGroup: physicalId };
    default:
      return null;
  }
}

function removedLines({ status, tables, images, tasks, strayLogGroups }: StackContents, here: readonly StackResource[]): string[] {
  const count = (number: number | null | undefined, one: string, many: string) => (number === null || number === undefined ? `an unknown number of ${many}` : number === 1 ? `1 ${one}` : `${number} ${many}`);
  const lines = here.flatMap(({ type, physicalId, retained }) => {
    const kept = retained ? "; the stack would keep it" : "";
    switch (type) {
      case TYPES.cluster: {
        const running = tasks.get(physicalId);
        return running === 0 ? [] : [`${count(running, "running task", "running tasks")} on ${physicalId}: the jobs in them fail`];
      }
      case TYPES.table:
      case TYPES.globalTable:
        return [`the table ${physicalId} with ${count(tables.get(physicalId)?.items, "job record", "job records")}${kept}`];
      case TYPES.imageRepository:
        return [`the image repository ${physicalId} with ${count(images.get(physicalId), "image", "images")}${kept}`];
      case TYPES.sourceRepository:
        return [`the CodeCommit repository ${physicalId} with whatever was pushed to it${kept}`];
      case TYPES.secret:
        return [`the secret ${physicalId}${kept}`];
      case TYPES.key:
        return [`the key ${physicalId}, after its waiting time${kept}`];
      default:
        return [];
    }
  });
  const logGroups = [...here.filter(({ type }) => type === TYPES.logGroup).map(({ physicalId }) => physicalId), ...strayLogGroups];
  if (logGroups.length > 0) lines.push(`${count(logGroups.length, "log group", "log groups")} with their logs: ${logGroups.join(", ")}`);
  if (status === "DELETE_COMPLETE") return lines;
  return [...lines, `the stack itself with all its ${here.length} resources`];
}
