import type { Log } from "../ports.ts";

/** For adapters that log for a service; a command says what matters itself. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog };
