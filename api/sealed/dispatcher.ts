/** Ids of one job; Postgres takes no more. */
const MAX_IDS = 1_000;

/**
 * Hands registered calls to the worker, all that come up in one turn of the event loop together: one job a turn costs
 * a third of one job a call. While a hand-over is under way the next calls gather, so a busy process sends fewer, larger jobs.
 *
 * @param send one hand-over
 * @param fail told the ids of a hand-over that failed
 */
export function createDispatcher(
  send: (ids: string[]) => Promise<unknown>,
  fail: (ids: readonly string[]) => void,
): (id: string) => void {
  let gathered: string[] = [];
  let scheduled = false;
  let underWay = false;

  function flush(): void {
    scheduled = false;
    if (underWay || gathered.length === 0) return;
    const ids = gathered.slice(0, MAX_IDS);
    gathered = gathered.slice(MAX_IDS);
    underWay = true;
    const done = () => {
      underWay = false;
      if (gathered.length > 0) schedule();
    };
    send(ids).then(done, () => {
      fail(ids);
      done();
    });
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  return (id) => {
    gathered.push(id);
    if (!underWay) schedule();
  };
}
