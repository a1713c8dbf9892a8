import type { LaunchRunner } from "../core/launch-event.ts";
import type { RunnerTask } from "../core/observation.ts";
import { closePoll } from "../local/github-simulator/state/runner-sessions.ts";
import type { Runner } from "../local/github-simulator/state/simulator-state.ts";

export interface TaskOutcome {
  readonly exitCode: number | null;
  /** What ECS says of it, where it says something. */
  readonly stoppedReason?: string;
  readonly stopCode: "EssentialContainerExited" | "TaskFailedToStart" | "SpotInterruption" | "UserInitiated";
}

/** One task of ECS with the runner in it. */
export class SimulatedTask {
  readonly arn: string;
  readonly launch: LaunchRunner;
  readonly createdAt: number;
  lastStatus = "PENDING";
  stoppedAt: number | null = null;
  outcome: TaskOutcome | null = null;
  /** Its registration at GitHub. */
  runner: Runner | null = null;
  /** Its session is open; what holds GitHub's poll. */
  isListening = false;
  /** Since when it could have had a job, and has none. */
  idleSince: number | null = null;
  hiddenMs = 0;
  /** SIGTERM, or the end of the machine: what it will have stopped with. */
  interruption: (TaskOutcome & { readonly isSudden?: boolean }) | null = null;
  #wake: () => void = () => {};

  constructor(arn: string, launch: LaunchRunner, createdAt: number) {
    this.arn = arn;
    this.launch = launch;
    this.createdAt = createdAt;
  }

  get number(): string {
    return this.arn.split("/").at(-1) ?? "";
  }

  /** GitHub counts a runner as busy from the assignment on. */
  get isBusy(): boolean {
    return this.isListening && this.runner?.assignment !== null && this.runner !== null;
  }

  interrupt(how: TaskOutcome & { readonly isSudden?: boolean }): void {
    this.interruption ??= how;
    this.wake();
  }

  wake(): void {
    this.#wake();
  }

  /** Until something happens to it, or `ms` have gone. */
  next(sleep: (ms: number) => Promise<void>, ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      void sleep(ms).then(resolve);
    });
  }

  /** The agent is gone, however that came; GitHub hears no more of it. */
  release(now: number): void {
    this.idleSince = null;
    if (!this.isListening) return;
    this.isListening = false;
    const session = this.runner?.session;
    if (!session) return;
    closePoll(session, now);
  }

  stopped(now: number, outcome: TaskOutcome): void {
    this.lastStatus = "STOPPED";
    this.stoppedAt = now;
    this.outcome = outcome;
  }

  view(): RunnerTask {
    return {
      arn: this.arn,
      runnerName: this.launch.name,
      lastStatus: this.lastStatus,
      createdAt: this.createdAt,
      stoppedAt: this.stoppedAt,
      exitCode: this.outcome?.exitCode ?? null,
      stopCode: this.outcome?.stopCode ?? null,
      stoppedReason: this.outcome?.stoppedReason ?? null,
    };
  }
}
