import type { Body, Member, Resource } from '../declare/types.ts';

export type Schema = { [key: string]: unknown };

/** JSON schema of a request body; with `refs: false` as validation takes it, where a file is `true`. */
export function bodySchema(body: Body, options: { refs: boolean }): Schema {
  const members = Object.entries(body.members).filter(([, member]) => member.access !== 'read');
  const required = body.partial ? [] : members.filter(([, member]) => member.required).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, member]) => [name, requestMember(member, options.refs)])),
    ...(required.length > 0 && { required }),
  };
}

function requestMember(member: Member, refs: boolean): Schema {
  if (member.type === 'file') return refs ? { type: 'string', format: 'binary' } : { type: 'boolean' };
  return {
    ...memberSchema(member, (inner) => requestMember(inner, refs)),
    ...(member.type === 'string' && !member.enum && !member.blank && !isReference(member) && { minLength: 1 }),
    ...(member.access === 'write' && { writeOnly: true }),
    ...(member.default !== undefined && { default: member.default }),
  };
}

function isReference(member: Member): boolean {
  return member.reference !== undefined;
}

/** JSON schema of a resource as it is answered. */
export function responseSchema(resource: Resource): Schema {
  const members = Object.entries(resource.members).filter(([, member]) => member.access !== 'write');
  const required = members.filter(([, member]) => member.required).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, member]) => [name, responseMember(member)])),
    ...(required.length > 0 && { required }),
  };
}

function responseMember(member: Member): Schema {
  return {
    ...memberSchema(member, responseMember),
    ...(member.access === 'read' && { readOnly: true }),
    ...(member.default !== undefined && { default: member.default }),
  };
}

function memberSchema(member: Member, inner: (member: Member) => Schema): Schema {
  const schema: Schema = {};
  if (member.type === 'file') return { type: 'string' };
  if (member.type !== 'any') schema.type = member.nullable ? [member.type, 'null'] : member.type;
  if (member.format !== undefined) schema.format = member.format;
  if (member.enum !== undefined) schema.enum = member.nullable ? [...member.enum, null] : member.enum;
  if (member.minimum !== undefined) schema.minimum = member.minimum;
  if (member.maximum !== undefined) schema.maximum = member.maximum;
  if (member.maxLength !== undefined) schema.maxLength = member.maxLength;
  if (member.type === 'integer') schema.format = 'int64';
  if (member.type === 'number') schema.format = 'double';
  if (member.items !== undefined) schema.items = inner(member.items);
  if (member.values !== undefined) schema.additionalProperties = inner(member.values);
  return schema;
}
