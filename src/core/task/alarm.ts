/** What an idle worker sleeps by. */
export interface Alarm {
  /** Ends the sleep at hand, or the next one before it begins. */
  ring(): void;
  /** Forgets that it rang: what it rang for is being looked at from now on. */
  reset(): void;
  /** Until it rings, or for the longest time. */
  sleep(): Promise<void>;
}

export function createAlarm(longestMs: number): Alarm {
  let rang = false;
  let wake: () => void = () => undefined;
  return {
    ring() {
      rang = true;
      wake();
    },
    reset() {
      rang = false;
    },
    sleep() {
      if (rang) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, longestMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}
