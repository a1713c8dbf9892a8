import type { Job } from "./simulator-state.ts";

/** GitHub has runners of its own for these labels. */
export function isForHostedRunner({ labels }: Pick<Job, "labels">): boolean {
  return labels.length === 1 && /^(ubuntu|windows|macos)-/i.test(labels[0] ?? "");
}
