import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";

export interface ServedDirectory {
  readonly origin: string;
  close(): Promise<void>;
}

/** The files below `directory`, on a free port of 127.0.0.1. */
export async function serveDirectory(directory: string): Promise<ServedDirectory> {
  const server = createServer(async (request, response) => {
    // An absolute path when normalized, so that no `..` is left to climb by.
    const file = join(directory, normalize(new URL(request.url ?? "/", "http://localhost").pathname));
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-length": found.size });
    createReadStream(file).on("error", (error) => response.destroy(error)).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
