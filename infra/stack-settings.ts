/** What a deployment decides beside its runner profiles. */
export interface StackSettings {
  /** CloudFormation stack name. Two deployments in one account and region need two names. */
  readonly stackName: string;
  /** `https://api.github.com`, `https://HOST/api/v3` or `https://api.SUBDOMAIN.ghe.com`: the whole switch to GHES or ghe.com. */
  readonly githubApiUrl: string;
}

export const defaultStackSettings: StackSettings = {
  stackName: "Baton",
  githubApiUrl: "https://api.github.com",
};
