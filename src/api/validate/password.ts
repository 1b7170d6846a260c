const COMMON = new Set([
  '1234',
  '12345',
  '123456',
  '1234567',
  '12345678',
  '123456789',
  'password',
  'qwerty',
  'abc123',
  '111111',
  'letmein',
  'admin',
  'welcome',
  'monkey',
  'dragon',
  'iloveyou',
  'password1',
  'passw0rd',
  'secret',
  'changeme',
]);

/** What is wrong with a new password, in the words of Pulp 3. */
export function passwordProblems(password: string): string[] {
  const problems: string[] = [];
  if (password.length < 8) problems.push('This password is too short. It must contain at least 8 characters.');
  if (COMMON.has(password.toLowerCase())) problems.push('This password is too common.');
  if (/^\d+$/.test(password)) problems.push('This password is entirely numeric.');
  return problems;
}
