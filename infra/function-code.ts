import { existsSync } from "node:fs";
import { join } from "node:path";
import { Code } from "aws-cdk-lib/aws-lambda";

export type FunctionName = "webhook" | "reconcile" | "release-watch" | "admin";

/** Where a function's code comes from. The handler is always `index.handler`. */
export type FunctionCode = (name: FunctionName) => Code;

/** What `npm run build` has made, for a deployment. Throws, naming the command, when it has not. */
export function builtFunctionCode(directory: string): FunctionCode {
  return (name) => {
    const built = join(directory, name);
    if (!existsSync(join(built, "index.cjs"))) throw new Error(`${built}/index.cjs is not there: run \`npm run build\` first`);
    return Code.fromAsset(built);
  };
}

/** For templates that are read and never deployed, as the local event bus does: needs no build and no files. */
export const noFunctionCode: FunctionCode = () => Code.fromInline('throw new Error("synthesized without its code")');
