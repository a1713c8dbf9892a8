import { describe, expect, it } from "vitest";
import { awsTrouble, operatorError, OperatorError, whatToDo, wordsOf } from "../../app/operator/aws-trouble.ts";

function anError(name: string, message: string, facts: object = {}): Error {
  return Object.assign(new Error(message), { name, ...facts });
}

describe("what AWS's errors mean to whoever sits at the terminal", () => {
  it.each([
    ["CredentialsProviderError", "Could not load credentials from any providers", "no-credentials"],
    ["InvalidClientTokenId", "The security token included in the request is invalid.", "no-credentials"],
    ["SignatureDoesNotMatch", "The request signature we calculated does not match", "no-credentials"],
    ["ExpiredToken", "The security token included in the request is expired", "expired-credentials"],
    ["ExpiredTokenException", "The security token included in the request is expired", "expired-credentials"],
    ["CredentialsProviderError", "The SSO session associated with this profile has expired. To refresh this SSO session run aws sso login", "expired-credentials"],
    ["TokenProviderError", "Token is expired. To refresh this SSO session run 'aws sso login' with the corresponding profile.", "expired-credentials"],
    ["Error", "Region is missing", "no-region"],
    ["AccessDenied", "User: arn:aws:iam::1:user/ada is not authorized to perform: sts:X", "denied"],
    ["AccessDeniedException", "not authorized", "denied"],
    ["TimeoutError", "socket hang up", "unreachable"],
    ["ThrottlingException", "Rate exceeded", "other"],
  ] as const)("%s: %s", (name, message, trouble) => {
    expect(awsTrouble(anError(name, message))).toBe(trouble);
  });

  it.each(["ECONNREFUSED", "ENOTFOUND"])("nobody answers: %s", (code) => {
    expect(awsTrouble(anError("Error", "connect", { code }))).toBe("unreachable");
  });

  it("are told with what to do, and once", () => {
    const told = operatorError("list the stacks", anError("AccessDenied", "not authorized to perform: cloudformation:DescribeStacks"));
    expect(told.message).toBe(`Could not list the stacks: AccessDenied: not authorized to perform: cloudformation:DescribeStacks\n${whatToDo("denied")}`);
    expect(operatorError("do more", told)).toBe(told);
    expect(told).toBeInstanceOf(OperatorError);
  });

  it("are one line of bearable length", () => {
    expect(wordsOf(anError("X", `a\n  b ${"c".repeat(1_000)}`))).toMatch(/^X: a b c{390,}$/);
    expect(wordsOf(anError("Y", ""))).toBe("Y");
  });
});
