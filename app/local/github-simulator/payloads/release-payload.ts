import { createHash } from "node:crypto";
import type { SimulatorState } from "../state/simulator-state.ts";
import { accountPayload } from "./account-payload.ts";
import { apiUrl } from "./api-url.ts";
import { gitHubTime } from "./github-time.ts";
import { nodeId } from "./node-id.ts";

const ID = 210_000_000;

/** The agent's release, with the checksums in its notes as the real ones have them. */
export function releasePayload(state: SimulatorState, version: string): object {
  const api = `${apiUrl(state)}/repos/actions/runner`;
  const web = `${state.origin}/actions/runner`;
  const author = accountPayload(state, { id: 44_036_562, login: "actions", type: "Organization" });
  const time = gitHubTime(state.app.createdAt);
  const files = ["x64", "arm64"].map((architecture) => {
    const name = `actions-runner-linux-${architecture}-${version}.tar.gz`;
    return { architecture, name, sha256: createHash("sha256").update(name).digest("hex") };
  });
  return {
    url: `${api}/releases/${ID}`,
    html_url: `${web}/releases/tag/v${version}`,
    assets_url: `${api}/releases/${ID}/assets`,
    upload_url: `${api}/releases/${ID}/assets{?name,label}`,
    tarball_url: `${api}/tarball/v${version}`,
    zipball_url: `${api}/zipball/v${version}`,
    id: ID,
    node_id: nodeId("RE", ID),
    tag_name: `v${version}`,
    target_commitish: "main",
    name: `v${version}`,
    body: files.map(({ architecture, name, sha256 }) => `- ${name} <!-- BEGIN SHA linux-${architecture} -->${sha256}<!-- END SHA linux-${architecture} -->`).join("\n"),
    draft: false,
    prerelease: false,
    created_at: time,
    published_at: time,
    author,
    assets: files.map(({ name, sha256 }, index) => ({
      url: `${api}/releases/assets/${ID + index}`,
      browser_download_url: `${web}/releases/download/v${version}/${name}`,
      id: ID + index,
      node_id: nodeId("RA", ID + index),
      name,
      label: "",
      state: "uploaded",
      content_type: "application/x-gzip",
      size: 220_000_000,
      digest: `sha256:${sha256}`,
      download_count: 0,
      created_at: time,
      updated_at: time,
      uploader: author,
    })),
  };
}
