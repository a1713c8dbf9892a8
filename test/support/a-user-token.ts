import { createHash } from "node:crypto";
import { createGithubSignIn } from "../../app/github/github-sign-in.ts";
import { createKeepAliveFetch } from "../../app/keep-alive-fetch.ts";
import type { GithubSimulator } from "../../app/local/github-simulator/github-simulator.ts";

const REDIRECT_URI = "http://localhost/sign-in/callback";

/** Signs somebody of the simulator in, without any pages of ours. */
export async function aUserToken(github: GithubSimulator, login: string): Promise<{ readonly token: string; readonly userId: string }> {
  github.setCallbackUrls([REDIRECT_URI]);
  const signIn = createGithubSignIn({ apiUrl: github.apiUrl, webOrigin: github.origin, fetch: createKeepAliveFetch() });
  const codeChallenge = createHash("sha256").update("verifier").digest("base64url");
  const authorize = new URL(signIn.authorizeUrl(github.oauthClient(), { state: "s", codeChallenge, redirectUri: REDIRECT_URI }));
  authorize.searchParams.set("login", login);
  const back = await fetch(`${authorize.origin}${authorize.pathname}`, { method: "POST", redirect: "manual", body: authorize.searchParams });
  const code = new URL(back.headers.get("location") ?? "").searchParams.get("code") ?? "";
  const granted = await signIn.exchange(github.oauthClient(), { code, codeVerifier: "verifier", redirectUri: REDIRECT_URI });
  if (granted === null) throw new Error("the simulator refused its own code");
  return { token: granted.token, userId: (await signIn.person(granted.token)).id };
}
