import { createHmac } from "node:crypto";

export interface FunctionUrlEventOptions {
  /** The webhook secret that signs it. */
  readonly secret: string;
  /** `X-GitHub-Event`; `workflow_job` unless said. */
  readonly event?: string;
  /** In the place of the right one. */
  readonly signature?: string;
  /** As Lambda hands over what it does not take for text. */
  readonly base64?: boolean;
}

/** A delivery as a Function URL hands it over (payload format 2.0), with the headers that Lambda and GitHub add. */
export function aFunctionUrlEvent(body: string, options: FunctionUrlEventOptions): object {
  const signature = options.signature ?? `sha256=${createHmac("sha256", options.secret).update(body).digest("hex")}`;
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/api/github/webhooks",
    rawQueryString: "",
    headers: {
      accept: "*/*",
      "content-length": String(Buffer.byteLength(body)),
      "content-type": "application/json",
      host: "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws",
      "user-agent": "GitHub-Hookshot/8d3a2f1",
      "x-amzn-trace-id": "Root=1-6926c0f0-0123456789abcdef01234567",
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
      "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      "x-github-event": options.event ?? "workflow_job",
      "x-github-hook-id": "292430182",
      "x-hub-signature-256": signature,
    },
    requestContext: {
      accountId: "anonymous",
      apiId: "abcdefghijklmnopqrstuvwxyz012345",
      http: { method: "POST", path: "/api/github/webhooks", protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "GitHub-Hookshot/8d3a2f1" },
      requestId: "9d3f6d0b-3f5f-4c0e-9d0a-1b1f2e3d4c5b",
      routeKey: "$default",
      stage: "$default",
      time: "25/Nov/2026:04:07:19 +0000",
      timeEpoch: 1_795_579_639_000,
    },
    body: options.base64 ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded: options.base64 === true,
  };
}
