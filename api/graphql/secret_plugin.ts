import "postgraphile/graphile-build-pg";
import { isSealedSecret } from "../../envelope/secret.ts";
import { secretScalar, secretTypeName } from "../limits/secret_scalar.ts";

/** Gives the scalar that stands for the domain `app.secret` its rules: sealed text goes in, nothing comes out. */
export const SecretPlugin: GraphileConfig.Plugin = {
  name: "SecretPlugin",
  version: "1.0.0",
  schema: {
    hooks: {
      GraphQLScalarType(config) {
        if (config.name !== secretTypeName) return config;
        const { description, serialize, parseValue, parseLiteral } = secretScalar(isSealedSecret);
        return { ...config, description, serialize, parseValue, parseLiteral };
      },
    },
  },
};
