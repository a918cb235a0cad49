import { readConfig } from "./api/config.ts";
import type { ApiConfig } from "./api/config.ts";
import { startApi } from "./api/http/server.ts";
import { keepSecretsAtCrash, keepSecretsInWarnings } from "./envelope/crash.ts";
import { ConfigError } from "./settings.ts";

// Consent codes and passwords pass through this process before they are sealed.
keepSecretsAtCrash(
  (error) => {
    const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
    return (
      [code, name].find((word) => typeof word === "string" && /^\w{1,40}$/.test(word))?.toString() ??
      "an error"
    );
  },
  (line) => console.error(`API: ${line}`),
);
// And what the worker opened passes through it on the way to the caller.
keepSecretsInWarnings((line) => console.error(`API: ${line}`));

let config: ApiConfig;
try {
  config = readConfig(process.env);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(`the API cannot start: ${error.message}`);
  process.exit(1);
}

try {
  const api = await startApi(config);
  console.log(`API: ${api.url}/graphql`);
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // A second signal does not wait for anybody.
      if (stopping) process.exit(1);
      stopping = true;
      void api.close().then(() => process.exit(0));
    });
  }
} catch (error) {
  // The message of a system error names an address at most; a database's may quote, so only its code is shown.
  const { code, message } = error as { code?: string; message?: string };
  console.error(`the API cannot start: ${code ?? ""} ${code?.length === 5 ? "" : message}`);
  process.exit(1);
}
