/** Which value stands behind `<uuid:task1>` or `<oid:3>`: one value for one label, and one label for one value. */
export interface Labels {
  /** Puts values in the place of labels; one that nobody has seen yet gets a value that nothing has. */
  fill(text: string): string;
  /** Whether a recorded text with placeholders says the same as an actual one. */
  matches(golden: string, actual: string): boolean;
  /** What is known, to go back to when a comparison fails half way. */
  snapshot(): () => void;
}

/** How the recordings of one server write what changes from run to run. */
export interface Dialect {
  /** Everything that stands for something else; a label, without `<>`, is its first group. */
  placeholder: RegExp;
  /** The labels among them, in the same way. */
  label: RegExp;
  /** What may stand in the place of a placeholder; only that of a label begins with a group. */
  patternOf(placeholder: string): string;
  /** The value of a label that is used before it was seen, the so manieth of its test. */
  unseen(label: string, number: number): string;
}

export function createLabels(dialect: Dialect): Labels {
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
      text.replace(dialect.label, (_, label: string) => {
        if (!byLabel.has(label)) bind(label, dialect.unseen(label, byLabel.size));
        return byLabel.get(label) ?? '';
      }),
    matches(golden, actual) {
      const labels: string[] = [];
      let at = 0;
      let pattern = '';
      for (const match of golden.matchAll(dialect.placeholder)) {
        const place = dialect.patternOf(match[0]);
        pattern += quote(golden.slice(at, match.index)) + place;
        if (place.startsWith('(')) labels.push(match[1] ?? '');
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
