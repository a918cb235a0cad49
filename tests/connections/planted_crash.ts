// Preloaded into a real worker process: a second after its start it fails as a library's bug would, with a credential
// in hand and in its message.
const secret = process.env.PLANTED_SECRET!;
setTimeout(() => {
  const error = Object.assign(new Error(`cannot parse ${secret}`), {
    input: secret,
    cause: new Error(secret),
  });
  if (process.env.PLANTED_KIND === "warning") console.warn("cannot parse", secret, error);
  else if (process.env.PLANTED_KIND === "rejection") void Promise.reject(error);
  else if (process.env.PLANTED_KIND === "value") throw { secret };
  else throw error;
}, 1_000);
