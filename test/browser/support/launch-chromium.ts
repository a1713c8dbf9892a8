import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";

/** Everything that a page must not do: errors in its console (a refused inline style is one), exceptions, requests to elsewhere. */
export interface Watched {
  readonly page: Page;
  readonly troubles: readonly string[];
}

export interface Chromium {
  /** A tab with cookies of its own. */
  open(look?: Look): Promise<Watched>;
  close(): Promise<void>;
}

export interface Look {
  readonly theme?: "light" | "dark";
  /** CSS pixels. */
  readonly width?: number;
  readonly script?: boolean;
}

/** For what hangs. */
const LIMIT_MS = 120_000;

/** What an answer with that status brings to the console by itself. */
const STATUS_LINE = /^Failed to load resource: the server responded with a status of/;

export async function launchChromium(): Promise<Chromium> {
  const profile = await mkdtemp(join(tmpdir(), "baton-chromium-"));
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    timeout: LIMIT_MS,
    env: { ...(process.env as Record<string, string>), HOME: profile },
  });
  const contexts: BrowserContext[] = [];
  return {
    async open({ theme = "light", width = 1280, script = true } = {}) {
      const context = await browser.newContext({ colorScheme: theme, viewport: { width, height: 800 }, javaScriptEnabled: script, reducedMotion: "reduce" });
      context.setDefaultTimeout(LIMIT_MS);
      contexts.push(context);
      const page = await context.newPage();
      const troubles: string[] = [];
      page.on("console", (line) => {
        if (line.type() === "error" && !STATUS_LINE.test(line.text())) troubles.push(`console: ${line.text()}`);
      });
      page.on("pageerror", (error) => troubles.push(`exception: ${error.message}`));
      page.on("dialog", (dialog) => {
        troubles.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("request", (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol !== "data:" && hostname !== "127.0.0.1" && hostname !== "localhost") troubles.push(`request to ${request.url()}`);
      });
      return { page, troubles };
    },
    async close() {
      for (const context of contexts) await context.close();
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
