import { readdirSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Models } from '../../core/models.ts';
import { compileSchema, readChecked } from '../../platform/yaml/read-checked.ts';
import { declarationSchema } from './schema.ts';
import type {
  BodyDeclaration,
  DeclarationFile,
  FamilyDeclaration,
  OrderingDeclaration,
  Resource,
  ResourceDeclaration,
} from './types.ts';

export interface LoadedResource {
  resource: Resource;
  declared: ResourceDeclaration;
}

export interface Declarations {
  resources: LoadedResource[];
  bodies: Record<string, BodyDeclaration>;
}

export interface DeclarationSource {
  /** "core", or the plugin's label. */
  component: string;
  /** A folder of YAML files, or one file. */
  path: string;
}

/** Reads and joins all declarations. Throws YamlError for what does not fit the schema, Error for dangling names. */
export function loadDeclarations(sources: readonly DeclarationSource[], models: Models): Declarations {
  const validate = compileSchema<DeclarationFile>(declarationSchema);
  const files = sources.flatMap(({ component, path }) =>
    yamlFiles(path).map((file) => ({
      component,
      content: readChecked(readFileSync(file, 'utf8'), basename(file), validate),
    })),
  );
  const families = Object.assign({}, ...files.map(({ content }) => content.families ?? {})) as Families;
  const bodies = Object.assign({}, ...files.map(({ content }) => content.bodies ?? {})) as Declarations['bodies'];
  const declared = files.flatMap(({ component, content }) =>
    (content.resources ?? []).map((resource) => ({ component, resource })),
  );
  const byName = new Map(declared.map(({ resource }) => [resource.name, resource]));
  const resources = declared.map(({ component, resource }) => {
    const template = resource.sameAs === undefined ? resource : { ...byName.get(resource.sameAs), ...resource };
    if (!template) throw new Error(`${resource.name} is the same as ${resource.sameAs}, which is not declared.`);
    return { declared: resource, resource: buildResource(component, template, families, models) };
  });
  return { resources, bodies };
}

type Families = Record<string, FamilyDeclaration>;

function yamlFiles(path: string): string[] {
  if (path.endsWith('.yaml')) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith('.yaml'));
  return names.sort().map((name) => resolve(path, name));
}

function buildResource(component: string, declared: ResourceDeclaration, families: Families, models: Models): Resource {
  const parts = [...(declared.include ?? []).flatMap((name) => expandFamily(name, families)), declared];
  const filters = Object.assign({}, ...parts.map((part) => part.filters ?? {})) as Resource['filters'];
  for (const name of declared.withoutFilters ?? []) delete filters[name];
  const model = declared.kind && declared.type && !declared.within ? models.get(declared.kind, declared.type) : null;
  const own = declared.endpoint ?? model?.endpoint ?? '';
  return {
    name: declared.name,
    component,
    schema: declared.schema,
    tag: declared.tag,
    kind: declared.kind ?? null,
    type: declared.type ?? null,
    endpoint: declared.within === undefined ? own : `${declared.within}{}/${own}`,
    hrefParameter: declared.href ?? model?.href ?? hrefOfKind(declared, models),
    members: Object.assign({}, ...parts.map((part) => part.members ?? {})) as Resource['members'],
    filters,
    ordering: Object.fromEntries(
      (declared.replaceOrdering ?? parts.flatMap((part) => part.ordering ?? [])).flatMap(orderings),
    ),
    bareList: declared.bareList ?? false,
    together: declared.together ?? null,
    taskName: declared.taskName ?? null,
    repositoryType: declared.repositoryType ?? null,
  };
}

function hrefOfKind(declared: ResourceDeclaration, models: Models): string | null {
  if (!declared.kind || declared.readOnly) return null;
  const untyped = models.ofKind(declared.kind).find((model) => model.type === null);
  return untyped?.href ?? null;
}

function expandFamily(name: string, families: Families): FamilyDeclaration[] {
  const family = families[name];
  if (!family) throw new Error(`There is no family ${name}.`);
  return [...(family.include ?? []).flatMap((inner) => expandFamily(inner, families)), family];
}

function orderings(entry: OrderingDeclaration): [string, string][] {
  return typeof entry === 'string' ? [[entry, entry]] : Object.entries(entry);
}
