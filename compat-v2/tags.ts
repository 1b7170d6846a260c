/** Tags of tasks (v2-api.md 2.6). */

export const repositoryTag = (id: string) => `pulp:repository:${id}`;

export const importerTag = (typeId: string) => `pulp:repository_importer:${typeId}`;

export const distributorTag = (id: string) => `pulp:repository_distributor:${id}`;

export const actionTag = (name: string) => `pulp:action:${name}`;
