import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { instanceUserData } from "../../infra/ec2-user-data.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "baton-instance-"));
  mkdirSync(join(root, "etc/systemd/system"), { recursive: true });
  mkdirSync(join(root, "etc/ecs"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs the commands by bash in a root of its own, with a systemctl that only notes, or fails to start the named unit. */
function boot(failing = "none"): readonly string[] {
  const script = ["#!/bin/bash", `systemctl() { echo "$*" >> ${root}/systemctl; case "$*" in *"enable --now ${failing}"*) return 1;; esac; }`, ...instanceUserData("the-cluster")].join("\n");
  writeFileSync(join(root, "user-data"), script.replaceAll("/etc/", `${root}/etc/`));
  execFileSync("bash", [join(root, "user-data")]);
  return readFileSync(join(root, "systemctl"), "utf8").trim().split("\n");
}

describe("an instance's first boot", () => {
  it("joins its cluster, and takes no privileged task", () => {
    boot();
    const settings = readFileSync(join(root, "etc/ecs/ecs.config"), "utf8").trim().split("\n");
    expect(settings).toContain("ECS_CLUSTER=the-cluster");
    expect(settings).toContain("ECS_DISABLE_PRIVILEGED=true");
    for (const line of settings) expect(line).toMatch(/^ECS_[A-Z_]+=[\w-]+$/);
  });

  it("closes the metadata service before anything can be started, now and after each reboot", () => {
    expect(boot()).toEqual(["daemon-reload", "enable --now baton-close-imds.service"]);
    const unit = readFileSync(join(root, "etc/systemd/system/baton-close-imds.service"), "utf8");
    expect(unit).toMatch(/^Before=docker\.service ecs\.service$/m);
    expect(unit).toMatch(/^WantedBy=multi-user\.target$/m);
    expect(unit).toMatch(/^ExecStart=\/usr\/sbin\/iptables .*--insert PREROUTING --in-interface docker\+ --destination 169\.254\.169\.254\/32 --jump DROP$/m);
  });

  it("takes no task at all when that fails", () => {
    expect(boot("baton-close-imds.service").at(-1)).toBe("mask --now ecs.service");
  });
});
