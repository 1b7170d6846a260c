import Bree from 'bree';

export interface Clock {
  /** Resolves when no tick comes any more and the one at work is done. */
  stop(): Promise<void>;
}

export interface ClockSettings {
  everySeconds: number;
  /** Called at once and then every so many seconds; ticks that come while one is at work are dropped. */
  onTick: () => Promise<void>;
  /** Gets what `onTick` rejected with, and what goes wrong in the clock itself. The clock goes on. */
  onError: (error: unknown) => void;
}

/** The thread of a tick needs next to nothing. It costs 38 ms of CPU each time; bree itself costs 10 MB. */
const THREAD_LIMITS = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 };

/** Starts a bree whose only job says "done" and ends. What is due is no business of the clock. */
export async function startClock({ everySeconds, onTick, onError }: ClockSettings): Promise<Clock> {
  let atWork: Promise<void> | null = null;
  function tick(): void {
    atWork ??= onTick()
      .catch(onError)
      .finally(() => {
        atWork = null;
      });
  }
  const bree = new Bree({
    root: false,
    doRootCheck: false,
    logger: false,
    jobs: [{ name: 'tick', path: sayDone, timeout: 0, interval: everySeconds * 1000 }],
    worker: { resourceLimits: THREAD_LIMITS },
    workerMessageHandler: tick,
    errorHandler: onError,
  });
  await bree.start();
  return {
    async stop() {
      await bree.stop();
      await atWork;
    },
  };
}

/** Bree turns it into text and runs that in a thread, so it can use nothing from outside itself. */
function sayDone(): void {
  process.getBuiltinModule('node:worker_threads').parentPort?.postMessage('done');
}
