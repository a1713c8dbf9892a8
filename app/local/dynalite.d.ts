/** The part of dynalite's API that the embedded database uses; the package brings no types. */
declare module "dynalite" {
  import type { Server } from "node:http";

  interface DynaliteOptions {
    /** How long a new table stays in state CREATING, milliseconds; 500 unless set. */
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
    /** Folder of the database; in memory unless set. */
    readonly path?: string;
  }

  export default function dynalite(options?: DynaliteOptions): Server;
}
