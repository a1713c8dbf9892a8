/**
 * zod's small form with its English messages, for what runs in a function: all of zod would add 70 KiB to a bundle and 10 ms to a cold start
 * (`npm run bench`).
 */
import en from "zod/v4/locales/en.js";
import { config } from "zod/mini";

config(en());

export * from "zod/mini";
