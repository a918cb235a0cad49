/**
 * Gathers what comes up in one turn of the event loop, and while the last batch is under way, into one batch.
 *
 * @param send sends a batch; it looks after its own errors
 * @param most items of one batch
 */
export function createGatherer<Item>(
  send: (items: Item[]) => Promise<void>,
  most: number,
): (item: Item) => void {
  let gathered: Item[] = [];
  let scheduled = false;
  let underWay = false;

  function schedule(): void {
    if (scheduled || underWay || gathered.length === 0) return;
    scheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    scheduled = false;
    underWay = true;
    const items = gathered.slice(0, most);
    gathered = gathered.slice(most);
    void send(items).finally(() => {
      underWay = false;
      schedule();
    });
  }

  return (item) => {
    gathered.push(item);
    schedule();
  };
}
