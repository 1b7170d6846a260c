import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandFilters } from '../../../src/api/filter/expand.ts';
import { labelCondition } from '../../../src/api/filter/labels.ts';
import { compileQ, parseQ } from '../../../src/api/filter/q.ts';
import { filterValues, parseDate } from '../../../src/api/filter/values.ts';
import { PulpError } from '../../../src/core/errors.ts';
import { type Sql, sql } from '../../../src/platform/postgres/sql.ts';

function shown(statement: Sql): string {
  return statement.texts.join('?').replace(/\s+/g, ' ');
}

const term = (name: string, value: string) => (name === 'name' ? Promise.resolve(sql`t.name = ${value}`) : null);
const condition = async (text: string) => shown(await compileQ(text, term));

describe('q', () => {
  it('binds NOT tighter than AND, and AND tighter than OR', async () => {
    expect(await condition('name=a OR NOT name=b AND name=c')).toBe(
      '((t.name = ?) or (not coalesce((t.name = ?), false) and (t.name = ?)))',
    );
    expect(await condition('(name=a OR name=b) AND name=c')).toBe('(((t.name = ?) or (t.name = ?)) and (t.name = ?))');
  });

  it('takes quoted values with everything in them', () => {
    expect(parseQ('name="a \\"b\\" AND (c)"')).toEqual({ kind: 'term', name: 'name', value: 'a "b" AND (c)' });
  });

  it('takes blanks around the sign, and either quote', () => {
    const wanted = { kind: 'term', name: 'name', value: 'a b' };
    expect(parseQ('name = "a b"')).toEqual(wanted);
    expect(parseQ("name='a b'")).toEqual(wanted);
  });

  it.each(['name==', 'name=', 'AND', '(name=a', 'name=a name=b', '', 'name=a)', 'NOT'])('refuses %s', (text) => {
    expect(() => parseQ(text)).toThrow('Syntax error in expression.');
  });

  it('refuses filters that do not exist, and what is too complex', async () => {
    await expect(condition('colour=red')).rejects.toThrow("Filter 'colour' does not exist.");
    const long = Array.from({ length: 8 }, () => 'name=a').join(' OR ');
    await expect(condition(long)).rejects.toThrow('exceeds allowed complexity');
    await expect(condition('('.repeat(5000))).rejects.toThrow('exceeds allowed complexity');
  });

  it('ends with a tree or a refusal, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseQ(text);
        } catch (error) {
          expect(error).toBeInstanceOf(PulpError);
        }
      }),
    );
  });
});

describe('pulp_label_select', () => {
  const select = (text: string) => shown(labelCondition(sql`t.labels`, text));

  it('knows presence, absence, equality, difference and containment', () => {
    expect(select('a')).toBe('t.labels ? ?');
    expect(select('!a')).toBe('not (t.labels ? ?)');
    expect(select('a=b,c~d')).toContain(' and ');
    expect(labelCondition(sql`t.labels`, 'a=x\\,y').values).toEqual(['a', 'x,y']);
  });

  it.each(['===', '', 'a/b=c'])('refuses %j', (text) => {
    expect(() => select(text)).toThrow(`Invalid search term: '${text}'.`);
  });
});

describe('filter parameters', () => {
  const parameters = expandFilters({
    name: { family: 'name', column: 'name' },
    retain: { family: 'nullable_number', column: 'retain' },
    prn__in: { family: 'prns' },
    created: { family: 'date', column: 'created' },
  });
  const values = (name: string, raw: string) => {
    const parameter = parameters.get(name);
    if (!parameter) throw new Error(`${name} is no filter`);
    return filterValues(parameter, raw);
  };

  it('are those of the families', () => {
    expect([...parameters.keys()]).toEqual(expect.arrayContaining(['name', 'name__iregex', 'retain__ne', 'prn__in']));
    expect(parameters.has('retain__regex')).toBe(false);
    expect(parameters.has('prn__in__in')).toBe(false);
  });

  it('read their values', () => {
    expect(values('name__in', 'a, b')).toEqual(['a', 'b']);
    expect(values('retain__range', '1,5')).toEqual([1, 5]);
    expect(values('retain__isnull', 'true')).toEqual([true]);
  });

  it('refuse values that are none', () => {
    expect(() => values('retain', 'many')).toThrow('Enter a number.');
    expect(() => values('retain__range', '1')).toThrow('two values');
    expect(() => values('created__gt', 'yesterday')).toThrow('Enter a valid date/time.');
  });

  it('read dates with and without zones', () => {
    expect(parseDate('2026-01-31')).toBe('2026-01-31');
    expect(parseDate('2026-01-31T10:20:30')).toBe('2026-01-31T10:20:30Z');
    expect(parseDate('2026-01-31T10:20:30.5+02:00')).toBe('2026-01-31T10:20:30.5+02:00');
    expect(parseDate('2026-13-31')).toBeNull();
  });
});
