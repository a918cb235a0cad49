import { deploy } from "./deploy.ts";

// npm run deploy: brings the database of DEPLOY_DATABASE_URL to what the files say.
const deployUrl = process.env.DEPLOY_DATABASE_URL;
if (!deployUrl) {
  console.error(
    "bulkhead: DEPLOY_DATABASE_URL is missing: the connection of the login bulkhead_deploy. " +
      "ADMIN_DATABASE_URL, a login that may create roles, is needed once, unless a DBA has applied migrations/roles.sql.",
  );
  process.exit(1);
}
try {
  await deploy({ deployUrl, adminUrl: process.env.ADMIN_DATABASE_URL, log: (line) => console.log(line) });
} catch (error) {
  console.error(`bulkhead: ${(error as Error).message}`);
  process.exitCode = 1;
}
