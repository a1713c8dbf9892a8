import type { Reply, SimulatedGithub } from "./simulated-github.ts";

export interface Agent {
  readonly id: number;
  readonly secret: string;
  openSession(): Promise<Reply>;
  /** Waits for a job as long as the simulator holds the poll. */
  poll(sessionId: string, signal?: AbortSignal): Promise<Reply>;
  endSession(sessionId: string): Promise<Reply>;
  report(jobId: string, what: "started" | "finished" | "logs", body?: unknown): Promise<Reply>;
  stateOf(jobId: string): Promise<Reply>;
  /** Session, job, started, finished. Returns the job it was given. */
  runOneJob(conclusion?: string): Promise<{ id: string; name: string; [member: string]: unknown }>;
}

export interface AgentWish {
  readonly name: string;
  readonly labels?: readonly string[];
  readonly group?: string;
  readonly ephemeral?: boolean;
  readonly version?: string;
  readonly replace?: boolean;
  /** `/acme` or `/acme/shop`. */
  readonly url?: string;
}

/** The first two calls of `config.sh`; their answers, whatever they are. */
export async function register(simulated: SimulatedGithub, wish: AgentWish): Promise<{ exchange: Reply; runner: Reply }> {
  const path = wish.url ?? "/acme";
  const level = path.split("/").length === 2 ? "orgs" : "repos";
  const minted = await simulated.asInstallation("POST", `/${level}${path}/actions/runners/registration-token`);
  return registerWith(simulated, minted.body.token, wish);
}

export async function registerWith(simulated: SimulatedGithub, token: string, wish: AgentWish): Promise<{ exchange: Reply; runner: Reply }> {
  const { name, labels = ["self-hosted", "linux", "x64", "small"], group = "Default", ephemeral = true, version = "2.336.0", replace = false } = wish;
  const url = `${simulated.github.origin}${wish.url ?? "/acme"}`;
  const exchange = await simulated.call("POST", "/actions/runner-registration", {
    authorization: `RemoteAuth ${token}`,
    body: { url, runner_event: "register" },
  });
  const body = { name, labels, group, ephemeral, version, replace };
  const runner = await simulated.call("POST", "/_services/runners", { authorization: `Bearer ${exchange.body.token}`, body });
  return { exchange, runner };
}

export async function anAgent(simulated: SimulatedGithub, wish: AgentWish): Promise<Agent> {
  const { runner } = await register(simulated, wish);
  if (runner.status !== 201) throw new Error(`not registered: ${runner.status} ${JSON.stringify(runner.body)}`);
  return agentOf(simulated, runner.body.id, runner.body.session_secret);
}

/** The agent of a runner that is registered already. */
export function agentOf({ call }: SimulatedGithub, id: number, secret: string): Agent {
  const authorization = `Bearer ${secret}`;
  const agent: Agent = {
    id,
    secret,
    openSession: () => call("POST", `/_services/runners/${id}/sessions`, { authorization }),
    poll: (sessionId, signal) => call("GET", `/_services/sessions/${sessionId}/messages`, { authorization, ...(signal ? { signal } : {}) }),
    endSession: (sessionId) => call("DELETE", `/_services/sessions/${sessionId}`, { authorization }),
    report: (jobId, what, body) => call("POST", `/_services/jobs/${jobId}/${what}`, { authorization, body }),
    stateOf: (jobId) => call("GET", `/_services/jobs/${jobId}/state`, { authorization }),
    async runOneJob(conclusion = "success") {
      const session = await agent.openSession();
      const message = await agent.poll(session.body.session_id);
      if (message.status !== 200) throw new Error(`no job came: ${message.status} ${JSON.stringify(message.body)}`);
      const { job } = message.body;
      await agent.report(job.id, "started");
      await agent.report(job.id, "logs", `hello from ${job.name}\n`);
      await agent.report(job.id, "finished", { conclusion });
      return job;
    },
  };
  return agent;
}
