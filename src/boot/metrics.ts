import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Services } from '../core/services.ts';
import { sql } from '../platform/postgres/sql.ts';
import { createMetrics, type Metrics } from '../platform/telemetry/metrics.ts';

/** Measures every request of a listener and answers GET /metrics. */
export function withMetrics(services: Services, listener: RequestListener): RequestListener {
  const metrics = createMetrics();
  addTaskGauge(metrics, services);
  return (request, response) => {
    if (request.url === '/metrics') return void answer(metrics, services, response);
    const started = performance.now();
    // Before Express rewrites the URL.
    const face = faceOf(request);
    response.once('close', () => {
      const labels = { face, method: request.method ?? '', status: response.statusCode };
      metrics.observeRequest(labels, (performance.now() - started) / 1000);
    });
    listener(request, response);
  };
}

function faceOf({ url = '' }: IncomingMessage): string {
  if (url.startsWith('/pulp/api/v3/')) return 'v3';
  return url.startsWith('/pulp/api/v2/') ? 'v2' : 'content';
}

async function answer(metrics: Metrics, services: Services, response: ServerResponse): Promise<void> {
  try {
    const { contentType, body } = await metrics.render();
    response.writeHead(200, { 'content-type': contentType }).end(body);
  } catch (error) {
    services.log.error({ err: error }, 'metrics could not be read');
    response.writeHead(503, { 'content-type': 'text/plain' }).end('metrics could not be read\n');
  }
}

function addTaskGauge(metrics: Metrics, { database }: Services): void {
  metrics.addGauge({
    name: 'pulp_tasks_unfinished',
    help: 'Tasks that wait, run or are being cancelled.',
    label: 'state',
    async read() {
      const rows = await database.query<{ state: string; count: number }>(sql`
        select state, count(task.id) as count from unnest(array['waiting', 'running', 'canceling']) state
        left join task using (state) group by state`);
      return new Map(rows.map(({ state, count }) => [state, count]));
    },
  });
}
