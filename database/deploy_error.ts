/** Why a deployment did not begin. The message never holds a URL: it would hold the password. */
export class DeployError extends Error {
  readonly code: "DEPLOY_LOGIN_REFUSED" | "DEPLOY_ROLES_MISSING" | "DEPLOY_DATABASE_CLOSED";

  constructor(code: DeployError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DeployError";
    this.code = code;
  }
}
