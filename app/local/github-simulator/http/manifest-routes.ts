import { generateKeyPairSync, type KeyObject } from "node:crypto";
import * as z from "zod";
import { appPayload } from "../payloads/app-payload.ts";
import { notFound, Refusal } from "../state/refusal.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { param, type Answer, type Call, type Route } from "./route.ts";

const manifestSchema = z.looseObject({
  name: z.string().max(34).optional(),
  url: z.url(),
  redirect_url: z.url().optional(),
  callback_urls: z.array(z.url()).optional(),
  hook_attributes: z.looseObject({ url: z.url(), active: z.boolean().optional() }).optional(),
});

/**
 * The App manifest flow. The person's click on "Create GitHub App" is left out: the form's POST leads straight back with the code. What is
 * created takes the place of the simulator's App: its number stays, key, secret and client are new.
 */
export function manifestRoutes({ state, change }: StateKeeper, useAppKey: (publicKey: KeyObject) => void): Route[] {
  return [
    { method: "POST", path: "/settings/apps/new", access: "control", handle: receiveManifest },
    { method: "POST", path: "/organizations/{org}/settings/apps/new", access: "control", handle: receiveManifest },
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
        const { hook_attributes: hook, callback_urls: callbackUrls } = manifestSchema.parse(known.manifest);
        state.app.clientSecret = state.random.hex(40);
        if (callbackUrls) state.app.callbackUrls = callbackUrls;
        const secret = state.random.hex(40);
        if (hook) state.hook.url = hook.url;
        state.hook.secret = secret;
        const body = {
          ...appPayload(state),
          client_secret: state.app.clientSecret,
          webhook_secret: secret,
          pem: privateKey.export({ type: "pkcs1", format: "pem" }),
        };
        return { status: 201, body };
      },
    },
  ];

  function receiveManifest(call: Call): Answer {
    const manifest = readManifest(new URLSearchParams(call.text).get("manifest"));
    if (manifest.redirect_url === undefined) throw new Refusal(400, "The manifest has no redirect_url to go back to.");
    const code = state.random.hex(40);
    change((_, now) => state.manifestCodes.set(code, { manifest, expiresAt: now + state.times.token }));
    const back = new URL(manifest.redirect_url);
    back.searchParams.set("code", code);
    const given = call.query.get("state");
    if (given !== null) back.searchParams.set("state", given);
    return { status: 302, headers: { location: back.href } };
  }
}

function readManifest(text: string | null): z.output<typeof manifestSchema> {
  try {
    return manifestSchema.parse(JSON.parse(text ?? ""));
  } catch (error) {
    throw new Refusal(400, `The form's "manifest" is not an App manifest: ${error instanceof z.ZodError ? z.prettifyError(error) : "it is not JSON"}`);
  }
}
