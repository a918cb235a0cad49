import { createServer } from "node:net";
import { embeddedError } from "./errors.ts";

/** Listens on the loopback for a moment and answers which port it got. */
function probe(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}

/** A port of the loopback that nobody listened on a moment ago. */
export function freePort(): Promise<number> {
  return probe(0);
}

/**
 * Checked before Postgres starts, because its own complaint is a line in a log file.
 *
 * @throws PORT_TAKEN
 */
export async function assertPortFree(port: number): Promise<void> {
  try {
    await probe(port);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw portTaken(port, cause);
  }
}

export function portTaken(port: number, cause?: unknown) {
  return embeddedError("PORT_TAKEN", `port ${port} of 127.0.0.1 is in use by another program`, {
    hint: "stop that program, or choose another port",
    cause,
  });
}
