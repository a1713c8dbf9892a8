import type { RunnerTask } from "../core/observation.ts";

export interface ConsoleLinksOptions {
  readonly region: string;
  /** Names of the log groups that tasks write to. */
  readonly taskLogGroups: readonly string[];
}

/** Links into AWS's console, whose addresses AWS documents nowhere: these are those that it shows itself. */
export function createConsoleLinks({ region, taskLogGroups }: ConsoleLinksOptions) {
  const console = `https://${region}.${consoleDomain(region)}`;
  return {
    taskUrl({ arn }: Pick<RunnerTask, "arn">): string | null {
      const [, cluster, id] = /:task\/([^/]+)\/([^/]+)$/.exec(arn) ?? [];
      if (cluster === undefined || id === undefined) return null;
      return `${console}/ecs/v2/clusters/${encodeURIComponent(cluster)}/tasks/${encodeURIComponent(id)}/configuration?region=${region}`;
    },

    /** A search, since a job's record does not know its task: the entrypoint's own lines name the runner, and lead to their stream. */
    logsUrl(runnerName: string): string | null {
      if (taskLogGroups.length === 0 || !/^[\w.-]+$/.test(runnerName)) return null;
      const query = `fields @timestamp, @message, @logStream | filter @message like "${runnerName}" | sort @timestamp asc | limit 200`;
      const detail = `~(end~0~start~-864000~timeType~'RELATIVE~unit~'seconds~editorString~'${escaped(query)}~source~(${taskLogGroups.map((name) => `~'${escaped(name)}`).join("")}))`;
      return `${console}/cloudwatch/home?region=${region}#logsV2:logs-insights${encodeURIComponent(`?queryDetail=${detail}`).replaceAll("%", "$")}`;
    },
  };
}

function consoleDomain(region: string): string {
  if (region.startsWith("cn-")) return "console.amazonaws.cn";
  return region.startsWith("us-gov-") ? "console.amazonaws-us-gov.com" : "console.aws.amazon.com";
}

/** As the console's own format for texts wants it. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16)}`).replaceAll("%", "*");
}
