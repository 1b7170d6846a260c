import { describe, expect, it } from 'vitest';
import { errorBody, toV2Error } from '../../../compat-v2/errors.ts';
import { errorAnswer } from '../../../src/api/http/errors.ts';
import { outageOf } from '../../../src/core/outage.ts';

const failure = (message: string, properties: object) => Object.assign(new Error(message), properties);

const FULL = failure('ENOSPC: no space left on device, write', { code: 'ENOSPC', syscall: 'write' });

describe('outages', () => {
  it.each([
    [FULL, 507],
    [failure('could not extend file "base/5/1": No space left on device', { code: '53100' }), 507],
    [failure('connect ECONNREFUSED 127.0.0.1:5432', { code: 'ECONNREFUSED', syscall: 'connect' }), 503],
    [failure('connect ENOENT /run/.s.PGSQL.5432', { code: 'ENOENT', syscall: 'connect' }), 503],
    [failure('terminating connection due to administrator command', { code: '57P01' }), 503],
    [failure('sorry, too many clients already', { code: '53300' }), 503],
    [failure('Connection terminated unexpectedly', {}), 503],
  ])('%s: %i', (error, status) => {
    expect(outageOf(error)?.status).toBe(status);
  });

  it.each([
    [failure('ENOENT: no such file or directory, open', { code: 'ENOENT', syscall: 'open' })],
    [failure('duplicate key value', { code: '23505' })],
    [new Error('constructor')],
    ['ENOSPC'],
    [null],
  ])('%s is none', (error) => {
    expect(outageOf(error)).toBeNull();
  });

  it('are told to clients of both APIs, without the words of the system', () => {
    const told: unknown[] = [];
    const v3 = errorAnswer(FULL, (error) => told.push(error));
    expect(v3).toEqual({
      status: 507,
      body: { detail: 'There is no space left on the disk of this server.' },
      headers: { 'Retry-After': '10' },
    });
    expect(told).toEqual([FULL]);
    expect(errorBody('PUT', '/x', toV2Error(FULL))).toMatchObject({
      http_status: 507,
      error_message: 'There is no space left on the disk of this server.',
    });
  });
});
