import { describe, expect, it } from 'vitest';
import { ok, operations } from '../../../compat-v2/operation.ts';
import { ALL_OPERATIONS } from '../../../compat-v2/operations/all.ts';
import { createRouteTable, parameterNames } from '../../../compat-v2/route-table.ts';

const nothing = async () => ok(null);

const table = createRouteTable(
  operations('thing', [
    ['GET', 'things/', 'READ', 'none', nothing],
    ['POST', 'things/search/', 'READ', 'object', nothing],
    ['GET', 'things/:thing/', 'READ', 'none', nothing],
    ['PUT', 'things/:thing/', 'UPDATE', 'object', nothing],
    ['GET', 'things/:thing/parts/:part/', 'READ', 'none', nothing],
  ]),
);

function found(path: string) {
  const route = table.find(path.split('/'));
  return route && { methods: [...route.operations.keys()], values: route.values };
}

describe('route table', () => {
  it('lets fixed names win over ids', () => {
    expect(found('things/search')).toEqual({ methods: ['POST'], values: [] });
    expect(found('things/other')).toEqual({ methods: ['GET', 'PUT'], values: ['other'] });
  });

  it('still finds what lies below an id that is also a fixed name', () => {
    expect(found('things/search/parts/7')).toEqual({ methods: ['GET'], values: ['search', '7'] });
  });

  it('knows no path in between or beyond', () => {
    for (const path of ['', 'thing', 'things/a/parts', 'things/a/parts/b/c']) expect(found(path)).toBeNull();
  });

  it('refuses two operations for one method and path', () => {
    const twice = operations('thing', [
      ['GET', 'things/:a/', 'READ', 'none', nothing],
      ['GET', 'things/:b/', 'READ', 'none', nothing],
    ]);
    expect(() => createRouteTable(twice)).toThrow('twice');
  });

  it('names the ids of a path in order', () => {
    expect(parameterNames('a/:b/c/:d/')).toEqual(['b', 'd']);
  });
});

describe('the operations', () => {
  it('fit into one table', () => {
    expect(() => createRouteTable(ALL_OPERATIONS)).not.toThrow();
  });

  it('name a permission, but for the status', () => {
    const open = ALL_OPERATIONS.filter(({ permission }) => permission === null);
    expect(open.map(({ path }) => path)).toEqual(['status/']);
  });
});
