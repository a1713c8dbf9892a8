export const GONE = "job-gone-at-github";
export const NOT_INSTALLED = "app-not-installed";
/** GitHub does not let the App look: its key or a permission was revoked, or the installation suspended. */
export const REFUSED = "refused-by-github";
export const NOT_SEEN = "not-seen-at-github";

/** Why a job was given up that GitHub did not show us. Where it does later, the matter is open again. */
export const NOT_SHOWN: ReadonlySet<string> = new Set([GONE, NOT_INSTALLED, REFUSED, NOT_SEEN]);
