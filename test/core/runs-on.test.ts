import { describe, expect, it } from "vitest";
import { runsOn } from "../../app/core/runs-on.ts";
import { aPolicy, type ProfileInput } from "../support/test-profiles.ts";

function labelsOf(name: string, ...changes: ProfileInput[]) {
  const { profiles } = aPolicy(...changes);
  const profile = profiles.find((candidate) => candidate.name === name);
  if (!profile) throw new Error(`no profile ${name}`);
  return runsOn(profile, profiles);
}

describe("what a workflow writes to get a profile", () => {
  it("is self-hosted and the label that tells it from others", () => {
    expect(labelsOf("large")).toEqual(["self-hosted", "large"]);
  });

  it("leaves out a label that an earlier profile takes as well", () => {
    expect(labelsOf("gpu", { name: "gpu", labels: ["self-hosted", "linux", "x64", "small", "gpu"] })).toEqual(["self-hosted", "gpu"]);
  });

  it("is all labels where no single one tells", () => {
    const both = { name: "both", labels: ["self-hosted", "small", "large"] };
    expect(labelsOf("both", both)).toEqual(["self-hosted", "small", "large"]);
  });

  it("is nothing for a profile that earlier ones leave no job", () => {
    expect(labelsOf("twin", { name: "twin", labels: ["self-hosted", "linux", "x64", "small"] })).toBeNull();
  });

  it("does not say self-hosted where the profile does not", () => {
    expect(labelsOf("bare", { name: "bare", labels: ["bare"] })).toEqual(["bare"]);
  });
});
