import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../../src/platform/telemetry/metrics.ts';

describe('metrics', () => {
  it('count requests by face, method and class of status', async () => {
    const metrics = createMetrics();
    metrics.observeRequest({ face: 'content', method: 'GET', status: 206 }, 0.004);
    metrics.observeRequest({ face: 'content', method: 'GET', status: 200 }, 0.4);
    const { contentType, body } = await metrics.render();
    expect(contentType).toMatch(/^text\/plain/);
    const labels = 'face="content",method="GET",status="2xx"';
    expect(body).toContain(`http_request_duration_seconds_count{${labels}} 2`);
    expect(body).toContain(`http_request_duration_seconds_bucket{le="0.005",${labels}} 1`);
    expect(body).toContain('process_resident_memory_bytes');
  });

  it('read gauges when asked, and forget what is gone', async () => {
    const metrics = createMetrics();
    let tasks = new Map([
      ['waiting', 3],
      ['running', 1],
    ]);
    metrics.addGauge({ name: 'tasks', help: 'Tasks by state.', label: 'state', read: async () => tasks });
    metrics.addGauge({ name: 'age', help: 'Oldest.', label: 'unused', read: async () => new Map([['', 7]]) });
    expect((await metrics.render()).body).toMatch(/tasks{state="waiting"} 3\n(.*\n)*?age 7/);
    tasks = new Map([['running', 2]]);
    const { body } = await metrics.render();
    expect(body).toContain('tasks{state="running"} 2');
    expect(body).not.toContain('state="waiting"');
  });

  it('survive a gauge that cannot be read', async () => {
    const metrics = createMetrics();
    metrics.addGauge({
      name: 'broken',
      help: 'Never there.',
      label: 'x',
      read: () => Promise.reject(new Error('no database')),
    });
    const { body } = await metrics.render();
    expect(body).not.toMatch(/^broken.* \d/m);
  });

  it('keep to themselves: two registries do not meet', async () => {
    const one = createMetrics();
    createMetrics().observeRequest({ face: 'api', method: 'GET', status: 200 }, 1);
    expect((await one.render()).body).not.toContain('face="api"');
  });
});
