/** Milliseconds. */
export interface SimulatorTimes {
  /** A session that nothing was heard of for this long is over, and its runner offline. */
  readonly sessionSilence: number;
  /** Facts of GitHub: an assignment that no agent picks up goes back to the queue after 60 s. */
  readonly pickUp: number;
  /** A job whose runner's session is gone fails after this. */
  readonly abandonedJob: number;
  /** A running job that does not obey a cancel is ended by force. GitHub docs: 5 minutes. */
  readonly forcedCancel: number;
  /** GitHub docs: a job waits at most 24 hours for a self-hosted runner. */
  readonly jobInQueue: number;
  /** GitHub docs: a job runs at most 5 days on a self-hosted runner. */
  readonly jobRunning: number;
  /** Ephemeral runners that did not connect for a day are removed. */
  readonly unusedEphemeralRunner: number;
  /** Jobs for GitHub's own labels (`ubuntu-latest`) start and end by themselves, half of this each. */
  readonly hostedJob: number;
  /** GitHub docs: installation and registration tokens live an hour. */
  readonly token: number;
  /** GitHub docs: a code of the web flow is good for ten minutes. */
  readonly code: number;
  /** GitHub docs: a person's token of an App lives eight hours. */
  readonly userToken: number;
  /** Deliveries are listed and may be redelivered for three days. */
  readonly deliveryKept: number;
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

export const githubTimes: SimulatorTimes = {
  sessionSilence: 60 * SECOND,
  pickUp: 60 * SECOND,
  abandonedJob: 600 * SECOND,
  forcedCancel: 300 * SECOND,
  jobInQueue: 24 * HOUR,
  jobRunning: 5 * 24 * HOUR,
  unusedEphemeralRunner: 24 * HOUR,
  hostedJob: 2 * SECOND,
  token: HOUR,
  code: 600 * SECOND,
  userToken: 8 * HOUR,
  deliveryKept: 72 * HOUR,
};
