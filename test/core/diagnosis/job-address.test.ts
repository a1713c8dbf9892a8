import { describe, expect, it } from "vitest";
import { parseJobAddress } from "../../../app/core/diagnosis/job-address.ts";

const github = { apiUrl: "https://api.github.com", webOrigin: "https://github.com" };
const server = { apiUrl: "https://ghes.example.com/api/v3", webOrigin: "https://ghes.example.com" };
const resident = { apiUrl: "https://api.octocorp.ghe.com", webOrigin: "https://octocorp.ghe.com" };
const shop = { owner: "acme", name: "shop" };

describe("an address of a job or run", () => {
  it.each([
    ["https://github.com/acme/shop/actions/runs/123/job/456", { runId: "123", jobId: "456", attempt: null }],
    ["https://github.com/acme/shop/actions/runs/123/job/456?pr=7#step:3:1", { runId: "123", jobId: "456", attempt: null }],
    ["https://github.com/acme/shop/actions/runs/123/attempts/2/job/456", { runId: "123", jobId: "456", attempt: null }],
    ["https://github.com/acme/shop/runs/123/job/456", { runId: "123", jobId: "456", attempt: null }],
    ["https://github.com/acme/shop/actions/runs/123/", { runId: "123", jobId: null, attempt: null }],
    ["https://github.com/acme/shop/actions/runs/123/attempts/2", { runId: "123", jobId: null, attempt: 2 }],
    ["https://github.com/acme/shop/runs/456?check_suite_focus=true", { runId: null, jobId: "456", attempt: null }],
    ["  github.com/acme/shop/actions/runs/123 ", { runId: "123", jobId: null, attempt: null }],
    ["https://api.github.com/repos/acme/shop/actions/jobs/456", { runId: null, jobId: "456", attempt: null }],
    ["https://api.github.com/repos/acme/shop/check-runs/456", { runId: null, jobId: "456", attempt: null }],
    ["https://api.github.com/repos/acme/shop/actions/runs/123/jobs", { runId: "123", jobId: null, attempt: null }],
    ["https://api.github.com/repos/acme/shop/actions/runs/123/attempts/2/jobs", { runId: "123", jobId: null, attempt: 2 }],
  ])("%s", (url, ids) => {
    expect(parseJobAddress(url, github)).toEqual({ kind: "job", address: { ...shop, ...ids } });
  });

  it("is read on an Enterprise Server and with data residency, pages and API alike", () => {
    for (const url of ["https://ghes.example.com/acme/shop/actions/runs/1/job/2", "https://ghes.example.com/api/v3/repos/acme/shop/actions/jobs/2"]) {
      expect(parseJobAddress(url, server)).toMatchObject({ kind: "job", address: { ...shop, jobId: "2" } });
    }
    for (const url of ["https://octocorp.ghe.com/acme/shop/actions/runs/1", "https://api.octocorp.ghe.com/repos/acme/shop/actions/runs/1"]) {
      expect(parseJobAddress(url, resident)).toMatchObject({ kind: "job", address: { ...shop, runId: "1" } });
    }
  });

  it("keeps names as they are written, dots, dashes and an underscore of managed users included", () => {
    expect(parseJobAddress("https://github.com/mona_acme/my.shop-2_x/actions/runs/1", github)).toMatchObject({ address: { owner: "mona_acme", name: "my.shop-2_x" } });
  });

  it("of another GitHub is told from no address at all", () => {
    expect(parseJobAddress("https://ghes.example.com/acme/shop/actions/runs/1/job/2", github)).toEqual({ kind: "another-github", host: "ghes.example.com" });
    expect(parseJobAddress("https://api.github.com/repos/acme/shop/actions/jobs/2", server)).toEqual({ kind: "another-github", host: "api.github.com" });
  });

  it.each(["", "nonsense", "https://github.com/acme/shop", "https://github.com/acme/shop/pull/7", "javascript:alert(1)//acme/shop/actions/runs/1", "https://github.com/acme/shop/actions/runs/x"])(
    "is not %j",
    (text) => {
      expect(parseJobAddress(text, github)).toEqual({ kind: "not-a-job" });
    },
  );
});
