/**
 * Modules that the libraries import and Baton's functions never use, with what stands in for them in the bundles. Each is a member that the
 * importing library calls once, so each has to be there and do nothing. `npm run bench` says what they save.
 */
export const LEFT_OUT_MODULES: Readonly<Record<string, string>> = {
  // Probot's Octokit loads these seven plugins. Baton calls GitHub by `octokit.request`, paces and retries by itself (app/github/app-octokit.ts),
  // and switches throttling and retries off on every host.
  "@octokit/plugin-throttling": "export const throttling = () => ({});",
  "@octokit/plugin-retry": "export const retry = () => ({});",
  "@octokit/plugin-paginate-rest": "export const paginateRest = () => ({});",
  "@octokit/plugin-rest-endpoint-methods": "export const restEndpointMethods = () => ({});",
  "@octokit/plugin-enterprise-compatibility": "export const enterpriseCompatibility = () => ({});",
  "@probot/octokit-plugin-config": "export const config = () => ({});",
  bottleneck: "export default class Bottleneck {}",
  "npx-import-light": 'export const npxImport = () => { throw new Error("Redis is for other hosts"); };',

  // Probot makes a log of its own only when it is given none.
  "@probot/pino": 'export const getTransformStream = () => { throw new Error("Probot was given no log"); };',

  // pino writes synchronously to standard output; its worker threads and its pretty printer are for other transports.
  "thread-stream": "module.exports = class ThreadStream {};",
  "pino-pretty": "export default () => {};",

  // Lambda hands a function its role's credentials by the environment; profiles, SSO, web identity and metadata are for other places.
  "@aws-sdk/credential-provider-node": 'export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";',
};

/** zod's texts in forty languages; its faults are given in our own words. */
export const LEFT_OUT_LOCALES = /zod\/.*\/locales\/index\.js$/;

/** Packages whose unused exports can be dropped although they do not say so: loading them does nothing but define. */
export const FREE_OF_SIDE_EFFECTS = /node_modules\/(?:probot|@probot|@octokit|octokit-[^/]+|yaml|toad-cache|@smithy|@aws-sdk|zod)\//;
