import type { BusEvent, LaunchRunner, NoticeRunner } from "../../app/core/launch-event.ts";
import type { EventPublisher } from "../../app/ports.ts";
import { FailureScript, type ScriptedFailures } from "./scripted-failures.ts";

export interface RecordingEventPublisher extends EventPublisher, ScriptedFailures<"publish"> {
  /** What reached the bus, in order; events whose answer was lost are among them. */
  readonly published: readonly BusEvent[];
  /** The member `runner` of the launch events. */
  launches(): readonly LaunchRunner[];
  /** The member `runner` of the other `workflow_job` events. */
  notices(): readonly NoticeRunner[];
}

export function createRecordingEventPublisher(): RecordingEventPublisher {
  const published: BusEvent[] = [];
  const failures = new FailureScript<"publish">();
  const runners = () => published.flatMap((event) => (event.detail["runner"] as LaunchRunner | NoticeRunner | undefined) ?? []);
  return {
    published,
    async publish(event) {
      failures.run("publish", () => published.push(structuredClone(event)));
    },
    launches: () => runners().filter((runner) => runner.decision === "launch"),
    notices: () => runners().filter((runner) => runner.decision !== "launch"),
    failNext: (call, error, when) => failures.failNext(call, error, when),
  };
}
