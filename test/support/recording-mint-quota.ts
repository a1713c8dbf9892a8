import type { MintQuota } from "../../app/ports.ts";

export interface RecordingMintQuota extends MintQuota {
  /** `pause 4711 60000`, in order. */
  readonly told: readonly string[];
  /** Answers so from now on. */
  answer(answer: Awaited<ReturnType<MintQuota["take"]>>): void;
}

/** Grants every mint unless told otherwise. */
export function createRecordingMintQuota(): RecordingMintQuota {
  const told: string[] = [];
  let answer: Awaited<ReturnType<MintQuota["take"]>> = { granted: true };
  return {
    told,
    answer: (next) => {
      answer = next;
    },
    take: async () => answer,
    pause: async (installationId, retryAfterMs) => void told.push(`pause ${installationId} ${retryAfterMs}`),
    hold: async (installationId, until) => void told.push(`hold ${installationId} ${until}`),
  };
}
