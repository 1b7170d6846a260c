const name = { type: 'string', minLength: 1 };
const names = { type: 'array', items: name };
const flag = { type: 'boolean' };

const member = {
  type: 'object',
  additionalProperties: false,
  required: ['type'],
  properties: {
    type: { enum: ['string', 'integer', 'number', 'boolean', 'object', 'array', 'any', 'file'] },
    format: name,
    nullable: flag,
    required: flag,
    blank: flag,
    access: { enum: ['read', 'write'] },
    default: true,
    initial: true,
    formInitial: true,
    enum: names,
    minimum: { type: 'number' },
    maximum: { type: 'number' },
    maxLength: { type: 'integer' },
    items: { $ref: '#/$defs/member' },
    values: { $ref: '#/$defs/member' },
    trim: flag,
    secret: flag,
    ignoreInForms: flag,
    detail: flag,
    column: name,
    present: name,
    reference: name,
    check: name,
  },
};

const filter = {
  type: 'object',
  additionalProperties: false,
  required: ['family'],
  properties: {
    family: {
      enum: [
        'hrefs',
        'prns',
        'ids',
        'labels',
        'type',
        'name',
        'task_name',
        'text',
        'contains',
        'exact',
        'date',
        'number',
        'nullable_number',
        'size',
        'boolean',
        'choice',
        'reference',
        'special',
      ],
    },
    column: name,
    kind: name,
    choices: names,
    special: name,
    list: flag,
    exploded: flag,
    type: { enum: ['number', 'boolean'] },
  },
};

const members = { type: 'object', additionalProperties: { $ref: '#/$defs/member' } };
const ordering = { type: 'array', items: { anyOf: [name, { type: 'object', additionalProperties: name }] } };
const family = { include: names, members, filters: { type: 'object', additionalProperties: filter }, ordering };
const answer = { enum: ['list', 'object', 'created', 'task', 'update', 'empty', 'ok', 'task_group'] };

const standard = {
  type: 'object',
  additionalProperties: false,
  properties: { answer, handler: name, media: { enum: ['form'] }, permission: name },
};

const action = {
  type: 'object',
  additionalProperties: false,
  required: ['method', 'path', 'handler', 'answer'],
  properties: {
    method: { enum: ['get', 'post', 'put', 'patch', 'delete'] },
    path: { type: 'string' },
    handler: name,
    answer,
    id: name,
    tag: name,
    body: name,
    permission: name,
    anonymous: flag,
    undocumented: flag,
    schema: name,
    conflict: flag,
    headers: names,
    query: names,
  },
};

const resource = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'schema', 'tag'],
  properties: {
    ...family,
    name,
    schema: name,
    tag: name,
    kind: name,
    type: name,
    endpoint: { type: 'string' },
    within: name,
    href: name,
    sameAs: name,
    withoutFilters: names,
    replaceOrdering: ordering,
    readOnly: flag,
    bareList: flag,
    together: name,
    taskName: name,
    repositoryType: name,
    operations: {
      type: 'object',
      additionalProperties: false,
      properties: {
        list: standard,
        create: standard,
        read: standard,
        update: standard,
        delete: standard,
        labels: standard,
        roles: standard,
      },
    },
    actions: { type: 'object', additionalProperties: action },
  },
};

/** What a file of resource declarations may hold. */
export const declarationSchema = {
  type: 'object',
  additionalProperties: false,
  $defs: { member },
  properties: {
    families: {
      type: 'object',
      additionalProperties: { type: 'object', additionalProperties: false, properties: family },
    },
    bodies: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['members'],
        properties: { members, strict: flag, media: { enum: ['form', 'all'] } },
      },
    },
    resources: { type: 'array', items: resource },
  },
};
