/** When each state of a report was reached, in the original's form: without a time zone. */
export type StateTimes = { [state: string]: string };

export function stamp(): string {
  return new Date().toISOString().slice(0, 19);
}
