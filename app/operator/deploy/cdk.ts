import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../aws-trouble.ts";

/** The pinned CDK command line and the build before it. Each fails with `OperatorError` that says where to look. */
export interface Cdk {
  build(): Promise<void>;
  /** Writes the cloud assembly. */
  synth(context: Readonly<Record<string, string>>): Promise<void>;
  bootstrap(account: string, region: string): Promise<void>;
  /** Deploys what was synthesized; resolves with the stack's outputs. */
  deploy(stackName: string, options: { readonly askFirst: boolean }): Promise<Readonly<Record<string, string>>>;
}

export interface CdkOptions {
  /** Of the project. */
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Where CDK's own lines go: `--json` keeps standard output for itself. */
  readonly output: "stdout" | "stderr";
  readonly signal: AbortSignal;
}

export function createCdk({ root, environment, output, signal }: CdkOptions): Cdk {
  const cdk = join(root, "node_modules", "aws-cdk", "bin", "cdk");
  const assembly = join(root, "cdk.out");

  return {
    build: () => run("build the functions", ["--import", "tsx", join(root, "infra", "bundles", "build-functions.ts")]),
    synth: (context) => run("synthesize the stack", [cdk, "synth", "--quiet", "--output", assembly, ...Object.entries(context).flatMap(([name, value]) => ["--context", `${name}=${value}`])]),
    bootstrap: (account, region) => run("bootstrap CDK", [cdk, "bootstrap", `aws://${account}/${region}`]),
    async deploy(stackName, { askFirst }) {
      const directory = mkdtempSync(join(tmpdir(), "baton-deploy-"));
      const outputs = join(directory, "outputs.json");
      try {
        const approval = askFirst ? "broadening" : "never";
        await run("deploy the stack", [cdk, "deploy", stackName, "--app", assembly, "--require-approval", approval, "--progress", "events", "--outputs-file", outputs]);
        const written = JSON.parse(readFileSync(outputs, "utf8")) as Readonly<Record<string, Readonly<Record<string, string>>>>;
        return written[stackName] ?? {};
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  };

  function run(doing: string, args: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, { cwd: root, env: environment, stdio: ["inherit", output === "stderr" ? 2 : "inherit", "inherit"] });
      // A deployment that was begun is CloudFormation's; ending CDK only ends the watching. Ctrl-C reaches it by the terminal anyway.
      const end = () => child.kill("SIGTERM");
      signal.addEventListener("abort", end, { once: true });
      child.once("error", (error) => reject(new OperatorError(`Could not ${doing}: ${error.message}. Run npm ci first.`)));
      child.once("close", (code, killedBy) => {
        signal.removeEventListener("abort", end);
        if (code === 0) resolve();
        else reject(new OperatorError(`Could not ${doing} (${killedBy ?? `exit code ${code}`}); what stands above says why.`));
      });
    });
  }
}
