import type { ApplicationFunction } from "probot";
import type { WorkflowJobEvent } from "../core/workflow-job.ts";
import type { Log } from "../ports.ts";
import { answerTo, answerToFailure, type Answer, type Outcome } from "./answer.ts";
import type { DeliveryContext } from "./delivery.ts";
import { errorFacts } from "./error-facts.ts";
import { parseInstallationEvent, type InstallationEvent } from "./parse-installation-event.ts";
import { parseWorkflowJobEvent } from "./parse-workflow-job-event.ts";
import { PayloadError } from "./payload-error.ts";

/**
 * What is done about the events. `log` carries delivery, event, job and installation; `deadline` (epoch milliseconds) is for the whole
 * delivery. Handlers log their own outcome.
 */
export interface DeliveryHandlers {
  handleWorkflowJob(event: WorkflowJobEvent, log: Log, deadline: number): Promise<Outcome>;
  handleInstallation(event: InstallationEvent, log: Log, deadline: number): Promise<Outcome>;
}

/** Probot's handlers return nothing, so what is known of a delivery and what was answered travel beside its payload. */
export interface DeliveryExchange {
  contextOf(payload: object): DeliveryContext;
  answer(payload: object, answer: Answer): void;
}

export interface ProbotAppOptions extends DeliveryHandlers {
  readonly exchange: DeliveryExchange;
}

/** GitHub adds actions now and then. */
const UNKNOWN_ACTION: Outcome = { decision: "ignore", reason: "unknown-action" };

/** The Probot application: `workflow_job` and `installation`, each parsed once and answered whatever happens. */
export function createProbotApp({ handleWorkflowJob, handleInstallation, exchange }: ProbotAppOptions): ApplicationFunction {
  return (app) => {
    app.on("workflow_job", (context) =>
      settle(exchange, context.payload, (payload, delivery) => {
        const event = parseWorkflowJobEvent(payload);
        if (event === null) return { log: delivery.log, outcome: UNKNOWN_ACTION };
        const log = delivery.log.child({ job: event.job.id, installation: event.installationId, action: event.action });
        return { log, outcome: handleWorkflowJob(event, log, delivery.deadline) };
      }),
    );
    app.on("installation", (context) =>
      settle(exchange, context.payload, (payload, delivery) => {
        const event = parseInstallationEvent(payload);
        const log = delivery.log.child({ installation: event.installationId, action: event.action });
        return { log, outcome: handleInstallation(event, log, delivery.deadline) };
      }),
    );
  };
}

type Handle = (
  payload: Readonly<Record<string, unknown>>,
  delivery: DeliveryContext,
) => { readonly log: Log; readonly outcome: Outcome | Promise<Outcome> };

/** Errors end here: on the way out `@octokit/webhooks` hangs the payload on them and Probot logs them. */
async function settle(exchange: DeliveryExchange, payload: object, handle: Handle): Promise<void> {
  const delivery = exchange.contextOf(payload);
  let { log } = delivery;
  try {
    const handling = handle(payload as Readonly<Record<string, unknown>>, delivery);
    log = handling.log;
    exchange.answer(payload, answerTo(await handling.outcome));
  } catch (error) {
    const answer = answerToFailure(error);
    const facts = { status: answer.status, reason: answer.body.reason };
    if (error instanceof PayloadError) log.warn({ ...facts, member: error.member }, "payload is not what GitHub documents");
    else log.error({ ...facts, ...errorFacts(error) }, "delivery failed");
    exchange.answer(payload, answer);
  }
}
