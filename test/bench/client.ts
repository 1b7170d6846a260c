import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from '../support/gateway.ts';

export interface Task {
  pulp_href: string;
  state: string;
  created_resources: string[];
  error: unknown;
  pulp_created: string;
  finished_at: string;
}

/** Tasks are timed by their own clock: asking more often would take from them what is measured. */
const POLL_MS = 20;

/** Creates a thing through v3 and gives its href. */
export async function create(gateway: Gateway, endpoint: string, body: object): Promise<string> {
  const response = await gateway.call('POST', `/pulp/api/v3/${endpoint}`, body);
  const answer = (await response.json()) as { pulp_href?: string; task?: string };
  if (answer.task) return (await waitFor(gateway, answer.task)).created_resources[0] ?? '';
  if (!answer.pulp_href) throw new Error(`POST ${endpoint}: ${response.status} ${JSON.stringify(answer)}`);
  return answer.pulp_href;
}

/** Starts a task by a POST and waits for its end; gives the seconds from its dispatch to its end. */
export async function timeTask(gateway: Gateway, path: string, body: object): Promise<number> {
  const response = await gateway.call('POST', path, body);
  const { task: href } = (await response.json()) as { task: string };
  return secondsOf(await waitFor(gateway, href));
}

/** Between the two times that the task itself bears, to the microsecond. */
export function secondsOf({ pulp_created, finished_at }: Task): number {
  return (microseconds(finished_at) - microseconds(pulp_created)) / 1e6;
}

function microseconds(time: string): number {
  return Date.parse(time.slice(0, 19).concat('Z')) * 1000 + Number(time.slice(20, 26));
}

export async function waitFor(gateway: Gateway, href: string): Promise<Task> {
  for (;;) {
    const task = (await (await gateway.call('GET', href)).json()) as Task;
    if (task.state === 'completed') return task;
    if (['failed', 'canceled'].includes(task.state)) throw new Error(`${href}: ${JSON.stringify(task.error)}`);
    await delay(POLL_MS);
  }
}
