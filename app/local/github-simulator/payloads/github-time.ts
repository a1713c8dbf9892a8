/** As GitHub writes times: seconds, UTC. */
export function gitHubTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d+Z$/, "Z");
}
