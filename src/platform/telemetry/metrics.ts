import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** From 1 ms to 10 s: what a request may take before someone asks why. */
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface RequestLabels {
  /** Which part answered: a name from a small fixed set, never a path. */
  face: string;
  method: string;
  status: number;
}

export interface Metrics {
  observeRequest(labels: RequestLabels, seconds: number): void;
  /**
   * Adds a gauge that is read whenever someone asks: `read` returns its values by the value of its one label, or one
   * value without a label under the empty text. When it rejects, the gauge is left out.
   */
  addGauge(gauge: {
    name: string;
    help: string;
    label: string;
    read: () => Promise<ReadonlyMap<string, number>>;
  }): void;
  /** The text of all metrics, and its content type. */
  render(): Promise<{ contentType: string; body: string }>;
}

/** Metrics of this process, in a registry of its own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first line of a request to the last byte of its answer.',
    labelNames: ['face', 'method', 'status'] as const,
    buckets: REQUEST_SECONDS,
    registers: [registry],
  });
  return {
    observeRequest: ({ face, method, status }, seconds) => {
      requests.observe({ face, method, status: `${Math.floor(status / 100)}xx` }, seconds);
    },
    addGauge({ name, help, label, read }) {
      new Gauge({
        name,
        help,
        labelNames: [label],
        registers: [registry],
        async collect() {
          this.reset();
          for (const [key, value] of await read().catch(() => new Map<string, number>())) {
            if (key === '') this.set(value);
            else this.set({ [label]: key }, value);
          }
        },
      });
    },
    async render() {
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
