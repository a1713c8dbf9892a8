import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKeepAliveFetch } from "../app/keep-alive-fetch.ts";
import { startGithubStub, type GithubStub } from "./github/github-stub.ts";

let github: GithubStub;
beforeEach(async () => {
  github = await startGithubStub();
});
afterEach(async () => {
  await github[Symbol.asyncDispose]();
});

describe("a request", () => {
  it("carries method, headers and body, and its answer reads as fetch's does", async () => {
    github.on("POST /echo", ({ body, headers }) => ({ status: 201, body: { body, custom: headers["x-custom"], length: headers["content-length"] } }));
    const answer = await createKeepAliveFetch()(`${github.url}/echo`, { method: "POST", headers: { "x-custom": "yes" }, body: '{"name":"Łódź"}' });
    expect([answer.ok, answer.status, answer.headers.get("content-type")]).toEqual([true, 201, "application/json; charset=utf-8"]);
    expect(await answer.json()).toEqual({ body: { name: "Łódź" }, custom: "yes", length: "18" });
  });

  it("uses the connection of the one before", async () => {
    github.on("GET /a", { status: 200 });
    const fetch = createKeepAliveFetch();
    await fetch(`${github.url}/a`);
    await fetch(`${github.url}/a`);
    expect(github.requests.map(({ connection }) => connection)).toEqual([1, 1]);
  });

  it("that is aborted rejects with the reason", async () => {
    github.on("GET /a", "hang");
    const abort = new AbortController();
    const fetching = createKeepAliveFetch()(`${github.url}/a`, { signal: abort.signal });
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(fetching).rejects.toBe(reason);
  });

  it("to a new connection that breaks is not sent twice", async () => {
    github.on("POST /a", "reset");
    await expect(createKeepAliveFetch()(`${github.url}/a`, { method: "POST", body: "{}" })).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(github.requests).toHaveLength(1);
  });
});

describe("a redirect", () => {
  it("on the same origin is followed, with the method that GitHub asks to keep", async () => {
    github.on("POST /old", { status: 307, headers: { location: "/new" } });
    github.on("POST /new", ({ body }) => ({ status: 200, body }));
    const answer = await createKeepAliveFetch()(`${github.url}/old`, { method: "POST", body: '{"a":1}' });
    expect(await answer.json()).toEqual({ a: 1 });
  });

  it("to another origin is left to the caller", async () => {
    await using elsewhere = await startGithubStub();
    github.on("GET /old", { status: 302, headers: { location: `${elsewhere.url}/new` } });
    const answer = await createKeepAliveFetch()(`${github.url}/old`, { headers: { authorization: "token ghs_1" } });
    expect(answer.status).toBe(302);
    expect(elsewhere.requests).toHaveLength(0);
  });

  it("that goes round in circles ends", async () => {
    github.on("GET /round", { status: 302, headers: { location: "/round" } });
    expect((await createKeepAliveFetch()(`${github.url}/round`)).status).toBe(302);
    expect(github.requests).toHaveLength(4);
  });
});

describe("a kept connection that the other side has given up", () => {
  let server: Server;
  const served: string[] = [];
  beforeEach(async () => {
    served.length = 0;
    const used = new Set<Socket>();
    // Breaks every connection at its second request without an answer, as a load balancer does after an idle time.
    server = createServer((incoming, outgoing) => {
      if (used.has(incoming.socket)) return void incoming.socket.resetAndDestroy();
      used.add(incoming.socket);
      served.push(incoming.url ?? "");
      outgoing.end("fine");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("is replaced by a new one, unseen by the caller", async () => {
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const fetch = createKeepAliveFetch();
    await fetch(`${origin}/1`);
    const answer = await fetch(`${origin}/2`, { method: "POST", body: "{}" });
    expect(await answer.text()).toBe("fine");
    expect(served).toEqual(["/1", "/2"]);
  });
});
