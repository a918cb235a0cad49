/** How long the event loop's turns are: what seems to be late may have been answered, and wait to be read. */
export interface Turns {
  /** Called where work begins. */
  enter(): void;
  /** ms that the last turn took, from where its first work began. */
  length(): number;
}

export function createTurns(): Turns {
  let began: number | undefined;
  let last = 0;
  return {
    enter() {
      if (began !== undefined) return;
      began = performance.now();
      setImmediate(() => {
        last = performance.now() - began!;
        began = undefined;
      });
    },
    length: () => last,
  };
}
