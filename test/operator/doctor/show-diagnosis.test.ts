import { describe, expect, it } from "vitest";
import { diagnoseJob } from "../../../app/core/diagnosis/diagnose-job.ts";
import { exitCodeOfChecks, showChecks } from "../../../app/operator/doctor/show-checks.ts";
import { exitCodeOf, showDiagnosis } from "../../../app/operator/doctor/show-diagnosis.ts";
import type { HealthCheck } from "../../../app/core/health.ts";
import { TEST_NOW } from "../../support/a-workflow-job-event.ts";
import { aJobAtGithub, someEvidence } from "../../support/job-evidence.ts";
import { aTerminal } from "../../support/operator/a-terminal.ts";

const HOSTILE = "\u001B[31mred\u001B[0m\u0007\r\nOK  all is well\u202Egnp.exe";
const expectPlain = (text: string) => {
  for (const mark of ["\u001B", "\u0007", "\r", "\u202E"]) expect(text).not.toContain(mark);
};
const check = (standing: HealthCheck["standing"], text = "x"): HealthCheck => ({ id: "i", title: "t", standing, text, advice: "do", url: "https://github.com/x" });

describe("a diagnosis in a terminal", () => {
  it("has the answer on its first line, then why, what to do, and what was looked at", () => {
    const terminal = aTerminal();
    showDiagnosis(diagnoseJob(someEvidence({ hook: { kind: "seen", value: { url: "", active: false } } }), TEST_NOW), terminal);
    const lines = terminal.text().split("\n");
    expect(lines[0]).toBe("WRONG  The App has no webhook address, so that GitHub sends its events nowhere.");
    expect(lines[1]).toBe('acme/shop, job "build": https://github.com/acme/shop/actions/runs/7123456789/job/8123456789');
    expect(lines.filter((line) => /^\S.*:$/.test(line))).toEqual(["Why:", "What to do:", "Looked at:"]);
    expect(lines).toContain("  WRONG          hook           GitHub sends to no address, and it is switched off; this deployment listens at https://hook.example/.");
    expect(lines.at(-1)).toBe("Cause: hook-not-set (docs/doctor.md)");
  });

  it("is not moved or coloured by names that somebody chose", () => {
    const terminal = aTerminal();
    const evidence = someEvidence({ job: { kind: "seen", value: aJobAtGithub({ name: HOSTILE, labels: [HOSTILE], runnerName: HOSTILE, status: "in_progress" }) } });
    showDiagnosis(diagnoseJob(evidence, TEST_NOW), terminal);
    expectPlain(terminal.text());
    expect(terminal.text().split("\n").filter((line) => line.startsWith("OK"))).toHaveLength(1);
  });

  it("ends with 0 where nothing has to be done, with 1 where somebody has to act, with 2 where it cannot be told", () => {
    const diagnosis = diagnoseJob(someEvidence(), TEST_NOW);
    expect((["ok", "waiting", "wrong", "unknown"] as const).map((verdict) => exitCodeOf({ ...diagnosis, verdict }))).toEqual([0, 0, 1, 2]);
  });
});

describe("checks in a terminal", () => {
  const installation = { id: "1", account: { login: `acme${HOSTILE}`, id: "2", kind: "organization" }, repositorySelection: "all", suspendedAt: null, permissions: {}, events: [], htmlUrl: "https://github.com/i/1" } as const;
  const seen = (...checks: HealthCheck[]) => ({ deployment: [check("well")], installations: { kind: "seen", value: [{ installation, checks }] } }) as const;

  it("say what to do where something is wrong, and count", () => {
    const terminal = aTerminal();
    showChecks(seen(check("wrong", HOSTILE), check("unknown")), "here", terminal);
    expect(terminal.text()).toContain("→ do https://github.com/x");
    expect(terminal.text()).toContain("1 well, 1 wrong, 1 not seen.");
    expectPlain(terminal.text());
  });

  it("end with 1 where something is wrong, and with 2 where GitHub could not be asked", () => {
    expect(exitCodeOfChecks(seen(check("well"), check("unknown")))).toBe(0);
    expect(exitCodeOfChecks(seen(check("wrong")))).toBe(1);
    expect(exitCodeOfChecks({ deployment: [check("well")], installations: { kind: "failed", message: "no answer" } })).toBe(2);
    expect(exitCodeOfChecks({ deployment: [check("wrong")], installations: { kind: "not-permitted", needs: "a key" } })).toBe(1);
  });

  it("say where the App is installed nowhere, or nobody can tell", () => {
    const none = aTerminal();
    showChecks({ deployment: [], installations: { kind: "seen", value: [] } }, "here", none);
    expect(none.text()).toContain("installed nowhere yet");
    const unseen = aTerminal();
    showChecks({ deployment: [], installations: { kind: "not-permitted", needs: "a key" } }, "here", unseen);
    expect(unseen.text()).toContain("could not be listed: it needs a key.");
  });
});
