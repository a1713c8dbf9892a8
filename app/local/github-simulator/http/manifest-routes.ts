import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { html } from "hono/html";
import * as z from "zod";
import { appPayload } from "../payloads/app-payload.ts";
import { notFound, Refusal } from "../state/refusal.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { webUrl } from "./parse-body.ts";
import { param, type Answer, type Call, type Route } from "./route.ts";
import { simulatedPage } from "./simulated-page.ts";

const LONGEST_NAME = 34;

const manifestSchema = z.looseObject({
  name: z.string().max(LONGEST_NAME).optional(),
  url: z.url(),
  redirect_url: z.url().optional(),
  setup_url: z.url().optional(),
  setup_on_update: z.boolean().optional(),
  callback_urls: z.array(z.url()).max(10).optional(),
  hook_attributes: z.looseObject({ url: webUrl, active: z.boolean().optional() }).optional(),
  default_permissions: z.record(z.string(), z.enum(["read", "write", "admin"])).optional(),
  default_events: z.array(z.string()).optional(),
});

/** Names that others had first: an App's is unique among all of GitHub. */
const TAKEN_NAMES: ReadonlySet<string> = new Set(["github", "github-actions", "dependabot"]);

/**
 * The App manifest flow: the form's POST shows a page, and a click there leads back with a code. What is created takes the place of the simulator's
 * App: its number stays, everything else is new.
 */
export function manifestRoutes({ state, change }: StateKeeper, useAppKey: (publicKey: KeyObject) => void): Route[] {
  return [
    { method: "POST", path: "/settings/apps/new", access: "control", handle: (call) => askPage(call, null) },
    { method: "POST", path: "/organizations/{org}/settings/apps/new", access: "control", handle: (call) => askPage(call, null) },
    { method: "POST", path: "/settings/apps", access: "control", handle: createApp },
    { method: "POST", path: "/organizations/{org}/settings/apps", access: "control", handle: createApp },
    {
      method: "POST",
      path: "/app-manifests/{code}/conversions",
      access: "anyone",
      handle(call) {
        const known = state.manifestCodes.get(param(call, "code"));
        const taken = change((_, now) => state.manifestCodes.delete(param(call, "code")) && known !== undefined && known.expiresAt > now);
        if (!known || !taken) throw notFound();
        const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
        useAppKey(publicKey);
        const manifest = manifestSchema.parse(known.manifest);
        const secret = state.random.hex(40);
        const { app, hook } = state;
        if (manifest.hook_attributes) hook.url = manifest.hook_attributes.active === false ? null : manifest.hook_attributes.url;
        hook.secret = secret;
        const name = manifest.name ?? app.name;
        Object.assign(app, {
          clientSecret: state.random.hex(40),
          name,
          slug: slugOf(name),
          owner: known.owner,
          callbackUrls: manifest.callback_urls ?? [],
          setupUrl: manifest.setup_url ?? null,
          setupOnUpdate: manifest.setup_on_update ?? false,
          permissions: { metadata: "read", ...manifest.default_permissions },
          events: manifest.default_events ?? [],
        });
        const body = { ...appPayload(state), client_secret: app.clientSecret, webhook_secret: secret, pem: privateKey.export({ type: "pkcs1", format: "pem" }) };
        return { status: 201, body };
      },
    },
  ];

  async function askPage({ path, params, query, text }: Call, fault: string | null): Promise<Answer> {
    const form = new URLSearchParams(text);
    const manifest = readManifest(form.get("manifest"));
    if (manifest.redirect_url === undefined) throw new Refusal(400, "The manifest has no redirect_url to go back to.");
    const body = html`<p>${params["org"] === undefined ? "For your account." : `For the organization ${params["org"]}.`}</p>
${fault === null ? null : html`<p role="alert">${fault}</p>`}
<form method="post" action="${path.replace(/\/new$/, "")}">
<input type="hidden" name="manifest" value="${form.get("manifest") ?? ""}">
<input type="hidden" name="state" value="${form.get("state") ?? query.get("state") ?? ""}">
<label>GitHub App name <input type="text" name="name" value="${form.get("name") ?? manifest.name ?? ""}"></label>
<p>It asks for: ${Object.entries(manifest.default_permissions ?? {}).map(([permission, level]) => html`<code>${permission}: ${level}</code> `)}</p>
<button>Create GitHub App</button>
</form>`;
    return { status: fault === null ? 200 : 422, html: await simulatedPage(`Create GitHub App`, body) };
  }

  async function createApp(call: Call): Promise<Answer> {
    const form = new URLSearchParams(call.text);
    const manifest = readManifest(form.get("manifest"));
    const name = (form.get("name") ?? manifest.name ?? "").trim();
    if (name === "" || name.length > LONGEST_NAME) return askPage(call, `Name has to have 1 to ${LONGEST_NAME} characters.`);
    if (TAKEN_NAMES.has(slugOf(name))) return askPage(call, `Name ${name} is already in use.`);
    const code = state.random.hex(40);
    const owner = call.params["org"] ?? null;
    change((_, now) => state.manifestCodes.set(code, { manifest: { ...manifest, name }, owner, expiresAt: now + state.times.token }));
    const back = new URL(manifest.redirect_url ?? state.origin);
    back.searchParams.set("code", code);
    const given = form.get("state");
    if (given !== null && given !== "") back.searchParams.set("state", given);
    return { status: 302, headers: { location: back.href } };
  }
}

function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
}

function readManifest(text: string | null): z.output<typeof manifestSchema> {
  try {
    return manifestSchema.parse(JSON.parse(text ?? ""));
  } catch (error) {
    throw new Refusal(400, `The form's "manifest" is not an App manifest: ${error instanceof z.ZodError ? z.prettifyError(error) : "it is not JSON"}`);
  }
}
