import type { Schema } from './schemas.ts';

const app = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    last_heartbeat: { type: 'string', format: 'date-time' },
    versions: { type: 'object', additionalProperties: { type: 'string' } },
  },
};
const connection = { type: 'object', properties: { connected: { type: 'boolean' } }, required: ['connected'] };

/** Schemas of answers that are no declared resource. */
export const SHARED_SCHEMAS: Record<string, Schema> = {
  AsyncOperationResponse: {
    type: 'object',
    properties: { task: { type: 'string', format: 'uri' } },
    required: ['task'],
  },
  TaskGroupOperationResponse: {
    type: 'object',
    properties: { task_group: { type: 'string', format: 'uri' } },
    required: ['task_group'],
  },
  ObjectRolesResponse: {
    type: 'object',
    properties: { roles: { type: 'array', items: { type: 'object' } } },
    required: ['roles'],
  },
  MyPermissionsResponse: {
    type: 'object',
    properties: { permissions: { type: 'array', items: { type: 'string' } } },
    required: ['permissions'],
  },
  ProfileArtifactResponse: {
    type: 'object',
    properties: { urls: { type: 'object', additionalProperties: { type: 'string', format: 'uri' } } },
    required: ['urls'],
  },
  StatusResponse: {
    type: 'object',
    required: [
      'versions',
      'online_workers',
      'online_api_apps',
      'online_content_apps',
      'database_connection',
      'domain_enabled',
    ],
    properties: {
      versions: {
        type: 'array',
        items: {
          type: 'object',
          required: ['component', 'version', 'package', 'module', 'domain_compatible'],
          properties: {
            component: { type: 'string' },
            version: { type: 'string' },
            package: { type: 'string' },
            module: { type: 'string' },
            domain_compatible: { type: 'boolean' },
          },
        },
      },
      online_workers: { type: 'array', items: app },
      online_api_apps: { type: 'array', items: app },
      online_content_apps: { type: 'array', items: app },
      database_connection: connection,
      redis_connection: connection,
      storage: {
        type: ['object', 'null'],
        properties: { total: { type: 'integer' }, used: { type: 'integer' }, free: { type: 'integer' } },
      },
      content_settings: {
        type: 'object',
        properties: { content_origin: { type: ['string', 'null'] }, content_path_prefix: { type: 'string' } },
      },
      domain_enabled: { type: 'boolean' },
    },
  },
};
