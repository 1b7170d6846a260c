import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from '../support/gateway.ts';

export interface Task {
  pulp_href: string;
  state: string;
  created_resources: string[];
  error: unknown;
}

/** Creates a thing through v3 and gives its href. */
export async function create(gateway: Gateway, endpoint: string, body: object): Promise<string> {
  const response = await gateway.call('POST', `/pulp/api/v3/${endpoint}`, body);
  const answer = (await response.json()) as { pulp_href?: string; task?: string };
  if (answer.task) return (await waitFor(gateway, answer.task)).created_resources[0] ?? '';
  if (!answer.pulp_href) throw new Error(`POST ${endpoint}: ${response.status} ${JSON.stringify(answer)}`);
  return answer.pulp_href;
}

/** Starts a task by a POST and waits for its end; gives the seconds that took. */
export async function timeTask(gateway: Gateway, path: string, body: object): Promise<{ seconds: number; task: Task }> {
  const started = performance.now();
  const response = await gateway.call('POST', path, body);
  const { task: href } = (await response.json()) as { task: string };
  const task = await waitFor(gateway, href);
  return { seconds: (performance.now() - started) / 1000, task };
}

/** Asks often enough to be wrong by a hundredth, and no more often: each question costs the server a third of a millisecond. */
export async function waitFor(gateway: Gateway, href: string): Promise<Task> {
  const started = performance.now();
  for (;;) {
    const task = (await (await gateway.call('GET', href)).json()) as Task;
    if (task.state === 'completed') return task;
    if (['failed', 'canceled'].includes(task.state)) throw new Error(`${href}: ${JSON.stringify(task.error)}`);
    await delay(Math.max(2, (performance.now() - started) / 100));
  }
}
