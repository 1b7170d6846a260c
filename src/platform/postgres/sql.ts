import { createHash } from 'node:crypto';

/** A piece of SQL: text around numbered parameters. Only the `sql` tag and its helpers make one, so values are never text. */
export class Sql {
  readonly texts: readonly string[];
  readonly values: readonly unknown[];

  constructor(texts: readonly string[], values: readonly unknown[]) {
    this.texts = texts;
    this.values = values;
  }

  /** The statement as pg takes it. Its name is derived from its text, so that the server plans each shape once. */
  statement(): { name: string; text: string; values: unknown[] } {
    const text = this.texts.reduce((left, right, index) => `${left}$${index}${right}`);
    const name = createHash('sha1').update(text).digest('base64url');
    return { name, text, values: [...this.values] };
  }
}

/** Template tag: interpolated `Sql` is spliced in, everything else becomes a parameter. */
export function sql(strings: TemplateStringsArray, ...parts: unknown[]): Sql {
  const texts = [strings[0] ?? ''];
  const values: unknown[] = [];
  parts.forEach((part, index) => {
    const tail = strings[index + 1] ?? '';
    if (!(part instanceof Sql)) {
      values.push(part);
      texts.push(tail);
      return;
    }
    texts.push(`${texts.pop()}${part.texts[0]}`, ...part.texts.slice(1));
    values.push(...part.values);
    texts.push(`${texts.pop()}${tail}`);
  });
  return new Sql(texts, values);
}

export const emptySql = new Sql([''], []);

/** Joins pieces with a constant separator; an empty list gives empty SQL. */
export function joinSql(pieces: readonly Sql[], separator: ', ' | ' and ' | ' or ' | ' ' | ' union all '): Sql {
  const [first, ...rest] = pieces;
  if (!first) return emptySql;
  const glue = new Sql([separator], []);
  return rest.reduce((left, right) => sql`${left}${glue}${right}`, first);
}

/** Conditions joined by `and`; none at all is `true`. */
export function allOf(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`true` : joinSql(conditions, ' and ');
}

/** A quoted identifier: table or column names that code (never a client) chose. */
export function identifier(...names: string[]): Sql {
  return new Sql([names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.')], []);
}

/** A quoted text constant that code (never a client) chose, where a parameter would hide an expression index. */
export function constant(text: string): Sql {
  return new Sql([`'${text.replaceAll("'", "''")}'`], []);
}
