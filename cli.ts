import { parseArgs } from "node:util";
import { generateNotaryKey } from "./audit/generate_key.ts";
import { withClient } from "./database/connect.ts";
import { rewrapKeys, rotateKey } from "./database/keys.ts";
import { signInAs } from "./demo/sign_in.ts";
import { demoPeople } from "./demo/people.ts";
import { generateWorkerKeys } from "./envelope/keys.ts";
import { generateKeyRing } from "./worker/crypto/kek_local.ts";

const usage = `npm run cli -- COMMAND

  workspace create --name NAME --owner EMAIL [--organization ID] [--default-role ROLE]
      makes a workspace and invites its first owner; needs IDENTITY_DATABASE_URL
  signing-key rotate | signing-key retire KID
      a new key signs session tokens; a retired one no longer verifies; needs DEPLOY_DATABASE_URL
  keys rewrap
      after a new key-encryption key was set: wraps all keys under it, and says how far it is; may be stopped and
      run again; needs DEPLOY_DATABASE_URL
  keys rotate --workspace ID --purpose content|credential
      a new version of one workspace's key, for what is sealed from then on; needs DEPLOY_DATABASE_URL
  keys generate
      prints a worker's key pairs, a local key ring and the notary's key, for the settings of a new system
  sign-in EMAIL [--url http://127.0.0.1:5678]
      development: signs in at the stand-in and prints an access token`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    name: { type: "string" },
    owner: { type: "string" },
    organization: { type: "string" },
    workspace: { type: "string" },
    purpose: { type: "string" },
    "default-role": { type: "string" },
    url: { type: "string", default: "http://127.0.0.1:5678" },
  },
});

try {
  console.log(await run(positionals));
} catch (error) {
  console.error(`bulkhead: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function run([first, second, third]: string[]): Promise<string> {
  switch (`${first ?? ""} ${second ?? ""}`.trim()) {
    case "workspace create": {
      if (!values.name || !values.owner) throw new Error("--name and --owner are needed");
      return withClient(setting("IDENTITY_DATABASE_URL"), async (client) => {
        const { rows } = await client.query<{ id: string }>(
          "select tenancy.provision_workspace($1, $2, $3, $4) as id",
          [values.name, values.owner, values.organization ?? null, values["default-role"] ?? null],
        );
        return rows[0]!.id;
      });
    }
    case "signing-key rotate":
      return asKeeper("select session.rotate_signing_key() as result");
    case "signing-key retire":
      return asKeeper("select session.retire_signing_key($1) as result", [third ?? ""]);
    case "keys rewrap":
      return withClient(setting("DEPLOY_DATABASE_URL"), (client) => rewrapKeys(client, console.log));
    case "keys rotate": {
      const { workspace, purpose } = values;
      if (!workspace || !purpose) throw new Error("--workspace and --purpose are needed");
      return withClient(setting("DEPLOY_DATABASE_URL"), (client) =>
        rotateKey(client, workspace, purpose, console.log),
      );
    }
    case "keys generate": {
      const pair = generateWorkerKeys();
      return [
        `WORKER_PRIVATE_KEYS=${pair.private}`,
        `WORKER_PUBLIC_KEYS=${pair.public}`,
        `KEK_KEYRING=${generateKeyRing()}`,
        `NOTARY_PRIVATE_KEY=${generateNotaryKey()}`,
      ].join("\n");
    }
  }
  if (first === "sign-in" && second) {
    const organization = demoPeople.find((person) => person.email === second)?.memberships[0]?.organizationId;
    return (await signInAs(values.url, second, organization)).accessToken;
  }
  throw new Error(`there is no such command\n\n${usage}`);
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
}

async function asKeeper(sql: string, parameters: string[] = []): Promise<string> {
  return withClient(setting("DEPLOY_DATABASE_URL"), async (client) => {
    await client.query("set role bulkhead_keeper");
    const { rows } = await client.query<{ result: unknown }>(sql, parameters);
    return String(rows[0]!.result);
  });
}
