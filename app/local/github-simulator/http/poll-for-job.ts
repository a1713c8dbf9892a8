import { closePoll, openPoll, pickUpJob, readSession, seeRunner } from "../state/runner-sessions.ts";
import type { Job, Runner } from "../state/simulator-state.ts";
import type { StateKeeper } from "../state-keeper.ts";

/** The job that the session's runner was given, as soon as there is one; null when the poll is over, throws when the session is. */
export type PollForJob = (poll: { readonly sessionId: string; readonly secret: string; readonly gone: AbortSignal }) => Promise<Job | null>;

/** Polls that are held open wait here for news of their runner. */
export interface RunnerNews {
  tell(runner: Runner): void;
  next(runner: Runner, signal: AbortSignal): Promise<void>;
}

export function createRunnerNews(): RunnerNews {
  const waiting = new Map<number, Set<() => void>>();
  return {
    tell({ id }) {
      const wakers = waiting.get(id);
      waiting.delete(id);
      for (const wake of wakers ?? []) wake();
    },
    next({ id }, signal) {
      return new Promise((resolve) => {
        const wakers = waiting.get(id) ?? new Set();
        waiting.set(id, wakers);
        wakers.add(resolve);
        signal.addEventListener("abort", () => {
          wakers.delete(resolve);
          resolve();
        }, { once: true });
      });
    },
  };
}

export function createPollForJob({ state, change }: StateKeeper, news: RunnerNews, pollMs: number): PollForJob {
  return async ({ sessionId, secret, gone }) => {
    const over = AbortSignal.any([AbortSignal.timeout(pollMs), gone]);
    const { runner, session } = change((_, now) => {
      const found = readSession(state, sessionId, secret);
      seeRunner(found.runner, now);
      openPoll(found.session);
      return found;
    });
    try {
      for (;;) {
        const job = change((_, now) => {
          readSession(state, sessionId, secret);
          // A client that has gone would not get it.
          return gone.aborted ? null : (pickUpJob(runner, now)?.job ?? null);
        });
        if (job || over.aborted) return job;
        await news.next(runner, over);
      }
    } finally {
      change((_, now) => closePoll(session, now));
    }
  };
}
