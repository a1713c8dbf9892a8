import { createAppOctokit, type AppOctokit, type AppOctokitOptions } from "../../app/github/app-octokit.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { testPrivateKey, type GithubStub } from "./github-stub.ts";

/** A client of the stub by the App 99, with short limits. */
export function appOctokitAt(stub: Pick<GithubStub, "url">, options: Partial<AppOctokitOptions> = {}): AppOctokit {
  return createAppOctokit({
    credentials: async () => ({ appId: 99, privateKey: testPrivateKey() }),
    apiUrl: stub.url,
    fetch: createKeepAliveFetch(),
    clock: Date.now,
    log: createRecordingLog(),
    ...options,
  });
}
