/** Log lines that an alarm counts (infra/alarms.ts). */
export const JOB_GIVEN_UP = "job given up";
