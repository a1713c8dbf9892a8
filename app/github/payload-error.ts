/** A signed body that is not what GitHub documents for the event. */
export class PayloadError extends Error {
  /** Path of the first member that is wrong, e.g. `workflow_job.id`. */
  readonly member: string;

  constructor(member: string, message: string) {
    super(member === "" ? message : `${member}: ${message}`);
    this.name = "PayloadError";
    this.member = member;
  }
}
