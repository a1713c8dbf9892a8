import * as z from "../schema.ts";
import type { GithubCall } from "./app-octokit.ts";
import { GithubCallError } from "./github-failures.ts";

const hookSchema = z.object({ url: z.nullish(z.string()) });

/** The App's webhook as it is set at GitHub; `url` is empty where there is none. `asApp`: by the App's own JWT. */
export async function readHook(asApp: GithubCall): Promise<{ readonly url: string; readonly active: boolean }> {
  try {
    const url = hookSchema.parse((await asApp("GET /app/hook/config")).data).url ?? "";
    return { url, active: url !== "" };
  } catch (error) {
    // An App that was made without a webhook has none to show.
    if (error instanceof GithubCallError && error.status === 404) return { url: "", active: false };
    throw error;
  }
}
