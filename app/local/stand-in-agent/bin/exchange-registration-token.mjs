import { HttpError, request } from "./request.mjs";

/**
 * Trades a registration or remove token for access to the runner service.
 * @param {"register" | "remove"} runnerEvent
 * @returns {Promise<{ serviceUrl: string, accessToken: string }>}
 */
export async function exchangeRegistrationToken(gitHubUrl, token, runnerEvent) {
  const url = `${apiBase(gitHubUrl)}/actions/runner-registration`;
  try {
    const { body } = await request({
      method: "POST",
      url,
      authorization: `RemoteAuth ${token}`,
      json: { url: gitHubUrl, runner_event: runnerEvent },
    });
    return { serviceUrl: body.url.replace(/\/$/, ""), accessToken: body.token };
  } catch (error) {
    if (error instanceof HttpError) {
      console.log(`Http response code: ${error.statusName} from 'POST ${url}'`);
      console.log(error.body);
    }
    throw error;
  }
}

/** github.com and ghe.com have an `api.` host; every other host is a GitHub Enterprise Server. */
function apiBase(gitHubUrl) {
  const { protocol, host, hostname } = new URL(gitHubUrl);
  const hosted = hostname === "github.com" || hostname.endsWith(".ghe.com");
  return hosted ? `${protocol}//api.${host}` : `${protocol}//${host}/api/v3`;
}
