/**
 * Imported before anything of PostGraphile: it reads this variable as it loads, and without it falls back to a slower
 * mode with a warning at each start.
 */
process.env.GRAPHILE_ENV ??= "production";
