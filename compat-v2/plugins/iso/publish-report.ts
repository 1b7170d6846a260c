import type { JsonObject } from '../../operation.ts';
import type { PublishReporter } from '../behaviour.ts';
import { stamp } from '../stages.ts';

/** The one step of a file distributor: progress and summary alike (v2-plugins.md 0.15). */
export function createPublishReport(save: (report: JsonObject) => Promise<void>): PublishReporter {
  let report: JsonObject = {
    state_times: { not_started: stamp() },
    state: 'not_started',
    error_message: null,
    traceback: null,
  };

  async function enter(state: string, members: JsonObject = {}): Promise<JsonObject> {
    report = { ...report, ...members, state, state_times: { ...(report.state_times as JsonObject), [state]: stamp() } };
    await save(report);
    return report;
  }

  return {
    begin: () => enter('in_progress'),
    complete: () => enter('complete'),
    fail: (message) => enter('failed', { error_message: message }),
    cancel: () => enter('cancelled'),
  };
}
