import type { IncomingMessage, ServerResponse } from "node:http";
import type { Grafserv } from "./grafserv.ts";
import { explorerHeaders } from "./headers.ts";

/** The explorer page and its files, in development only. Resolves to false where it has no answer. */
export function createExplorerRoute(serv: Grafserv, development: boolean) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const path = (request.url ?? "").split("?", 1)[0]!;
    if (!development || request.method !== "GET" || !(path === "/" || path.startsWith("/ruru-static/")))
      return false;
    const result = await serv.handle({
      httpVersionMajor: request.httpVersionMajor,
      httpVersionMinor: request.httpVersionMinor,
      isSecure: false,
      method: "GET",
      path,
      headers: {
        accept: request.headers.accept ?? "*/*",
        "accept-encoding": String(request.headers["accept-encoding"] ?? ""),
      },
      getQueryParams: () => ({}),
      getBody: () => ({ type: "text", text: "" }),
      requestContext: {},
    });
    if (result?.type !== "buffer") return false;
    response.writeHead(result.statusCode, { ...result.headers, ...explorerHeaders });
    response.end(result.buffer);
    return true;
  };
}
