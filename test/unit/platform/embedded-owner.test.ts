import { expect, it } from 'vitest';
import { parseUsers } from '../../../src/platform/postgres/embedded/owner.ts';

it('finds the users of a password file that are not root', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533::/:/sbin/nologin\n# comment\n\n+::::::\n';
  expect(parseUsers(passwd)).toEqual([{ name: 'nobody', uid: 65534, gid: 65533 }]);
});
