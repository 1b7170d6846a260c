/** Which value stands behind `<uuid:task1>` or a digest: one value for one label, and one label for one value. */
export interface Labels {
  /** Puts values in the place of labels; one that nobody has seen yet gets a value that nothing has. */
  fill(text: string): string;
  /** Whether a recorded text with placeholders says the same as an actual one. */
  matches(golden: string, actual: string): boolean;
  /** What is known, to go back to when a comparison fails half way. */
  snapshot(): () => void;
}

const PLACEHOLDER = /<(uuid:[^<>]+|hex\d+:[0-9a-f]+|time|http time|worker|cid|path|traceback|bytes|varies)>/g;
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const PATTERNS: Record<string, string> = {
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z',
  worker: '\\d+@[\\w.-]+',
  cid: '[0-9a-f]{32}',
  path: 'artifact/[0-9a-f]{2}/[0-9a-f]{62}',
};

export function createLabels(): Labels {
  let byLabel = new Map<string, string>();
  let byValue = new Map<string, string>();

  function bind(label: string, value: string): boolean {
    const known = byLabel.get(label);
    if (known !== undefined) return known === value;
    if (byValue.has(value)) return false;
    byLabel.set(label, value);
    byValue.set(value, label);
    return true;
  }

  return {
    fill: (text) =>
      text.replace(/<(uuid:[^<>]+|hex\d+:[0-9a-f]+)>/g, (_, label: string) => {
        if (!byLabel.has(label)) bind(label, '00000000-0000-0000-0000-000000000000');
        return byLabel.get(label) ?? '';
      }),
    matches(golden, actual) {
      const labels: string[] = [];
      let at = 0;
      let pattern = '';
      for (const match of golden.matchAll(PLACEHOLDER)) {
        const label = match[1] ?? '';
        pattern += quote(golden.slice(at, match.index)) + patternOf(label);
        if (label.includes(':')) labels.push(label);
        at = match.index + match[0].length;
      }
      if (at === 0) return golden === actual;
      const found = new RegExp(`^${pattern}${quote(golden.slice(at))}$`, 's').exec(actual);
      return found !== null && labels.every((label, index) => bind(label, found[index + 1] ?? ''));
    },
    snapshot() {
      const [labels, values] = [new Map(byLabel), new Map(byValue)];
      return () => {
        byLabel = labels;
        byValue = values;
      };
    },
  };
}

function patternOf(label: string): string {
  if (label.startsWith('uuid:')) return `(${UUID})`;
  const length = /^hex(\d+):/.exec(label)?.[1];
  return length === undefined ? (PATTERNS[label] ?? '.+?') : `([0-9a-f]{${length}})`;
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
