/** Which value stands behind `<uuid:task1>` or `<oid:3>`: one value for one label, and one label for one value. */
export interface Labels {
  /** Puts values in the place of labels; one that nobody has seen yet gets a value that nothing has. */
  fill(text: string): string;
  /** Whether a recorded text with placeholders says the same as an actual one. */
  matches(golden: string, actual: string): boolean;
  /** What is known, to go back to when a comparison fails half way. */
  snapshot(): () => void;
}

const PLACEHOLDER = /<(uuid:[^>]+|oid:\d+|time|host|etag|length|pem:[^>]+)>|reserved_resource_worker-\d+(?=@<host>)/g;

const PATTERNS: Record<string, string> = {
  uuid: '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})',
  oid: '([0-9a-f]{24})',
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|\\+00:00)?',
  // Which of the workers did it is chance.
  reserved_resource_worker: 'reserved_resource_worker-\\d+',
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
      text.replace(/<((?:uuid|oid):[^>]+)>/g, (_, label: string) => {
        if (!byLabel.has(label)) bind(label, unseen(label, byLabel.size));
        return byLabel.get(label) ?? '';
      }),
    matches(golden, actual) {
      const labels: string[] = [];
      let at = 0;
      let pattern = '';
      for (const match of golden.matchAll(PLACEHOLDER)) {
        const kind = /^<?([a-z_]+)/.exec(match[0])?.[1] ?? '';
        pattern += quote(golden.slice(at, match.index)) + (PATTERNS[kind] ?? '.+?');
        if (kind === 'uuid' || kind === 'oid') labels.push(match[1] ?? '');
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

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function unseen(label: string, number: number): string {
  const tail = String(number).padStart(4, '0');
  return label.startsWith('oid') ? `5b9f00d2a7c1e0a9d4c0${tail}` : `5b9f00d2-a7c1-4e0a-9d4c-00000000${tail}`;
}
