import { createServer } from "node:http";
import { makeSchema } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

// The baseline of bench/page_graphql.ts: stock PostGraphile as the superuser, without sessions, roles or limits.
const preset: GraphileConfig.Preset = {
  extends: [PostGraphileAmberPreset],
  disablePlugins: ["PgMutationCreatePlugin", "PgMutationUpdateDeletePlugin"],
  plugins: [
    {
      name: "BenchNamesPlugin",
      inflection: {
        replace: {
          _schemaPrefix: () => "",
          // What the product calls an id of its own, so that both answer the same question.
          _attributeName: (previous, _options, details) => {
            const name = previous!(details);
            return name === "id" ? "row_id" : name;
          },
        },
      },
    },
  ],
  pgServices: [
    makePgService({ connectionString: process.env.PLAIN_URL!, schemas: ["mail"], poolConfig: { max: 16 } }),
  ],
  grafserv: { graphqlPath: "/graphql", graphiql: false, websockets: false },
};
const { schema, resolvedPreset } = await makeSchema(preset);
const serv = grafserv({ schema, preset: resolvedPreset });
const server = createServer((request, response) => {
  if (request.url === "/healthz") response.end("ok");
});
const graphql = createServer();
await serv.addTo(graphql);
server.removeAllListeners("request");
server.on("request", (request, response) => {
  if (request.url === "/healthz") response.end("ok");
  else graphql.emit("request", request, response);
});
server.listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
