const NAME = { type: 'string', pattern: '^[a-z][a-z0-9_]*$' };
const SENTENCE = { type: 'string', minLength: 1 };

const KEY = {
  type: 'object',
  additionalProperties: false,
  required: ['type'],
  properties: {
    type: { enum: ['string', 'boolean', 'integer', 'number', 'object', 'array'] },
    target: { type: 'string', pattern: '^(remote|publisher|distribution|content)\\.[a-z][a-z0-9_]*$' },
    transform: {
      enum: ['text', 'boolean', 'integer', 'number', 'choice', 'manifest_url', 'proxy_host', 'proxy_port', 'base_path'],
    },
    choices: { type: 'object', minProperties: 1, additionalProperties: { type: 'string' } },
    default: { type: ['string', 'number', 'boolean'] },
    secret: { type: 'boolean' },
    masked: { type: 'boolean' },
    protects: { type: 'boolean' },
    dropped: SENTENCE,
    note: SENTENCE,
  },
  // Every key goes somewhere, by a named transform, or says why not.
  if: { required: ['dropped'] },
  // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
  then: { properties: { target: false, transform: false } },
  else: {
    required: ['target', 'transform'],
    if: { properties: { transform: { const: 'choice' } } },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: { required: ['choices'] },
    else: { properties: { choices: false } },
  },
};

const KEYS = { type: 'object', propertyNames: NAME, additionalProperties: KEY };

function strict(required: string[], properties: object): object {
  return { type: 'object', additionalProperties: false, required, properties };
}

/** JSON schema of a file of mappings/. */
export const MAPPING_SCHEMA = strict(['family', 'plugin', 'title', 'repository', 'importer', 'distributors', 'units'], {
  family: NAME,
  plugin: NAME,
  title: SENTENCE,
  repository: strict(['type', 'note', 'legacy_root'], {
    type: SENTENCE,
    note: SENTENCE,
    legacy_root: { type: 'string', pattern: '^/.*/$' },
  }),
  importer: strict(['v2_type', 'v3_type', 'keys'], { v2_type: NAME, v3_type: SENTENCE, keys: KEYS }),
  distributors: {
    type: 'array',
    items: {
      ...strict(['v2_type'], {
        v2_type: NAME,
        v3_type: SENTENCE,
        publisher: { type: 'object', additionalProperties: { type: 'string' } },
        keys: KEYS,
        dropped: SENTENCE,
      }),
      if: { required: ['dropped'] },
      // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
      then: { properties: { v3_type: false, keys: false, publisher: false } },
      else: { required: ['v3_type', 'keys', 'publisher'] },
    },
  },
  units: {
    type: 'array',
    minItems: 1,
    items: strict(['v2_type', 'v3_type', 'collection', 'key', 'keys'], {
      v2_type: NAME,
      v3_type: SENTENCE,
      collection: { type: 'string', pattern: '^units_[a-z_]+$' },
      key: { type: 'array', items: NAME, minItems: 1 },
      keys: KEYS,
    }),
  },
});
