import { STATUS_CODES } from "node:http";

/** An answer that is not 2xx. `statusName` is written as .NET writes it: `NotFound`, `InternalServerError`. */
export class HttpError extends Error {
  constructor(status, body) {
    super(`Response status code does not indicate success: ${status} (${STATUS_CODES[status] ?? "Unknown"}).`);
    this.status = status;
    this.body = body;
    this.statusName = (STATUS_CODES[status] ?? String(status)).replace(/[ -]/g, "");
  }
}

/**
 * @param {{ method: string, url: string, authorization: string, json?: unknown, text?: string, signal?: AbortSignal, timeoutSeconds?: number }} request
 * @returns {Promise<{ status: number, body: any }>} throws HttpError, and Error when there was no answer
 */
export async function request({ method, url, authorization, json, text, signal, timeoutSeconds = 100 }) {
  const limit = AbortSignal.timeout(timeoutSeconds * 1000);
  const body = json === undefined ? text : JSON.stringify(json);
  let response;
  let answer;
  try {
    response = await fetch(url, {
      method,
      headers: {
        authorization,
        "user-agent": "stand-in-agent",
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...(text === undefined ? {} : { "content-type": "text/plain; charset=utf-8" }),
      },
      ...(body === undefined ? {} : { body }),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    answer = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error(describeNetworkError(error, url), { cause: error });
  }
  if (!response.ok) throw new HttpError(response.status, answer);
  return { status: response.status, body: answer === "" ? undefined : JSON.parse(answer) };
}

function describeNetworkError(error, url) {
  const { host } = new URL(url);
  const code = error?.cause?.code;
  if (code === "ECONNREFUSED") return `Connection refused (${host})`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `Name or service not known (${host})`;
  if (error?.name === "TimeoutError") return "The request was canceled due to the configured HttpClient.Timeout elapsing.";
  return `An error occurred while sending the request. (${host})`;
}
