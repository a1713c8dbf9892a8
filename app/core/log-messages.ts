/** Log lines that an alarm counts (infra/alarms.ts). */
export const JOB_GIVEN_UP = "job given up";
/** What is seen looks like an outage of GitHub or ECS, so that nothing is removed on the strength of it. */
export const HELD_BACK = "removals held back";
