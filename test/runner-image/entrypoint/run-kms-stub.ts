/**
 * The KMS stub for tests in bash: `run-kms-stub.ts DIRECTORY [STATUS:TYPE]…`. Seals the DIRECTORY's file `credential` for the tests' job, launch
 * and target, writes `origin` and `sealed` when it listens, and `decryptions` after each call. The arguments are its first answers.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { startKmsStub } from "../../support/runner/start-kms-stub.ts";

const [directory = ".", ...answers] = process.argv.slice(2);
const kms = await startKmsStub("eu-central-1");
for (const answer of answers) {
  const [status, type] = answer.split(":");
  kms.answers.push({ status: Number(status), body: type === undefined ? {} : { __type: type } });
}
kms.onDecryption = (count) => writeFileSync(join(directory, "decryptions"), String(count));
const context = { "baton:job": "8123456789", "baton:launch": "1", "baton:target": "fargate-x64" };
writeFileSync(join(directory, "sealed"), kms.seal(gzipSync(readFileSync(join(directory, "credential"))), context));
writeFileSync(join(directory, "decryptions"), "0");
writeFileSync(join(directory, "origin"), kms.origin);
