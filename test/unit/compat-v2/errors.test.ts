import { describe, expect, it } from 'vitest';
import {
  codedError,
  dataError,
  duplicateResource,
  errorBody,
  invalidValue,
  missingResource,
  missingValue,
  toV2Error,
  unsupportedValue,
  wrongType,
} from '../../../compat-v2/errors.ts';
import { conflict, invalidField, notFound, PulpError } from '../../../src/core/errors.ts';

const body = (error: Parameters<typeof errorBody>[2]) => errorBody('PUT', '/pulp/api/v2/x//?y', error);

describe('error documents', () => {
  it('repeat the class-specific members at the top and in data', () => {
    expect(body(missingResource({ repo_id: 'r', distributor_id: 'd' }))).toEqual({
      http_request_method: 'PUT',
      exception: null,
      error_message: 'Missing resource(s): repo_id=r, distributor_id=d',
      _href: '/pulp/api/v2/x//?y',
      http_status: 404,
      error: {
        code: 'PLP0009',
        description: 'Missing resource(s): repo_id=r, distributor_id=d',
        data: { resources: { repo_id: 'r', distributor_id: 'd' } },
        sub_errors: [],
      },
      traceback: null,
      resources: { repo_id: 'r', distributor_id: 'd' },
    });
  });

  it.each([
    [invalidValue(['a', 'b']), 'property_names', "Invalid properties: ['a', 'b']"],
    [missingValue(['a']), 'missing_property_names', "Missing values for: ['a']"],
    [unsupportedValue(['a']), 'unsupported_property_names', "Unsupported properties: ['a']"],
    [invalidValue(['a'], { unicode: true }), 'property_names', "Invalid properties: [u'a']"],
  ])('name properties: %s', (error, key, text) => {
    const document = body(error) as Record<string, unknown>;
    expect(document[key]).toEqual(error.document.data.property_names);
    expect(document.error_message).toBe(text);
  });

  it('hold the reasons of a reason', () => {
    const reason = wrongType('delta', 'dict', ['x']);
    const error = codedError('PLP1000', 'Validation failed', {}, [reason]);
    expect(error.document.sub_errors).toEqual([reason.document]);
    expect(reason.message).toBe("Provided value [u'x'] for field delta must be of type dict.");
  });

  it('say nothing about what nobody planned', () => {
    const document = JSON.stringify(body(toV2Error(new TypeError('secret path'))));
    expect(JSON.parse(document)).toMatchObject({ http_status: 500, traceback: null });
    expect(document).not.toContain('secret path');
    expect(document).not.toContain('"error"');
  });
});

describe('errors of the core', () => {
  it.each([
    [invalidField('name', 'must be unique'), 400, 'PLP0000'],
    [notFound('Remote'), 404, 'PLP0009'],
    [conflict('x'), 409, 'PLP0018'],
    [new PulpError('unauthenticated', 'x'), 401, 'PLP0025'],
    [new PulpError('task', '404, message'), 400, 'PLP0000'],
  ])('are told in the words of v2: %s', (error, status, code) => {
    const translated = toV2Error(error);
    expect(translated?.status).toBe(status);
    expect(translated?.document.code).toBe(code);
  });

  it('are left alone when they are v2 errors already', () => {
    for (const error of [dataError('x'), duplicateResource('y')]) expect(toV2Error(error)).toBe(error);
  });
});
