import type { ModelKind } from '../../core/models.ts';
import type { Json } from '../../core/task/types.ts';

export type MemberType = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'any' | 'file';

/** One member of a resource or body, as declared. */
export interface Member {
  type: MemberType;
  format?: string;
  nullable?: boolean;
  required?: boolean;
  /** An empty text is fine. */
  blank?: boolean;
  /** Absent: read and written. */
  access?: 'read' | 'write';
  /** The value when it is left out, on creation and on PUT (corrections.md 2.1). */
  default?: Json;
  /** The value when it is left out on creation only; forms have their own where they differ. */
  initial?: Json;
  formInitial?: Json;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  /** In characters. */
  maxLength?: number;
  items?: Member;
  values?: Member;
  /** False: blanks around a text are kept. */
  trim?: boolean;
  /** Sealed at rest, shown as hidden_fields only. */
  secret?: boolean;
  ignoreInForms?: boolean;
  /** In the answer to a single read only. */
  detail?: boolean;
  /** Column, or `data.x`, `attributes.x` for a key of a jsonb column. Absent: the member's name. */
  column?: string;
  /** Name of the presenter that makes the value. Absent: the column's value. */
  present?: string;
  /** Href or PRN of something of this kind. */
  reference?: ModelKind;
  /** Name of a check beyond the schema. */
  check?: string;
}

export type Members = Record<string, Member>;

export type FilterFamily =
  | 'hrefs'
  | 'prns'
  | 'ids'
  | 'labels'
  | 'type'
  | 'name'
  | 'task_name'
  | 'text'
  | 'contains'
  | 'exact'
  | 'date'
  | 'number'
  | 'nullable_number'
  | 'size'
  | 'boolean'
  | 'choice'
  | 'reference'
  | 'special';

export interface FilterDeclaration {
  family: FilterFamily;
  column?: string;
  kind?: ModelKind;
  choices?: string[];
  /** Name of a filter written in code. */
  special?: string;
  list?: boolean;
  /** A list that is given by repeating the parameter. */
  exploded?: boolean;
  type?: 'number' | 'boolean';
}

/** A name, or one name and the column behind it. */
export type OrderingDeclaration = string | Record<string, string>;

export interface FamilyDeclaration {
  include?: string[];
  members?: Members;
  filters?: Record<string, FilterDeclaration>;
  ordering?: OrderingDeclaration[];
}

export type AnswerForm = 'list' | 'object' | 'created' | 'task' | 'update' | 'empty' | 'ok' | 'task_group';

export interface StandardOperation {
  answer?: AnswerForm;
  handler?: string;
  media?: 'form';
  permission?: string;
}

export interface ActionDeclaration {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below the endpoint; `{}` stands for a key. */
  path: string;
  handler: string;
  answer: AnswerForm;
  id?: string;
  tag?: string;
  /** Name of a body. */
  body?: string;
  permission?: string;
  anonymous?: boolean;
  undocumented?: boolean;
  /** Component of the answer where it is not the resource. */
  schema?: string;
  /** Answers 409 with the resource too. */
  conflict?: boolean;
  headers?: string[];
  query?: string[];
}

export type StandardName = 'list' | 'create' | 'read' | 'update' | 'delete' | 'labels' | 'roles';

export interface ResourceDeclaration extends FamilyDeclaration {
  name: string;
  schema: string;
  tag: string;
  kind?: ModelKind;
  type?: string;
  endpoint?: string;
  /** Endpoint of the resource whose items hold this one. */
  within?: string;
  href?: string;
  /** Takes members, filters and ordering of another resource. */
  sameAs?: string;
  withoutFilters?: string[];
  replaceOrdering?: OrderingDeclaration[];
  readOnly?: boolean;
  /** A list without filters and ordering. */
  bareList?: boolean;
  /** Name of the check that concerns several members. */
  together?: string;
  taskName?: string;
  repositoryType?: string;
  operations?: Partial<Record<StandardName, StandardOperation>>;
  actions?: Record<string, ActionDeclaration>;
}

export interface BodyDeclaration {
  members: Members;
  /** Unknown members are errors (corrections.md 1.10). */
  strict?: boolean;
  media?: 'form' | 'all';
}

export interface DeclarationFile {
  families?: Record<string, FamilyDeclaration>;
  bodies?: Record<string, BodyDeclaration>;
  resources?: ResourceDeclaration[];
}

/** A resource with everything it includes. */
export interface Resource {
  name: string;
  component: string;
  schema: string;
  tag: string;
  kind: ModelKind | null;
  type: string | null;
  /** Path of the collection below the API root, `{}` for keys. */
  endpoint: string;
  hrefParameter: string | null;
  members: Members;
  filters: Record<string, FilterDeclaration>;
  /** Column by name. */
  ordering: Record<string, string>;
  bareList: boolean;
  together: string | null;
  taskName: string | null;
  repositoryType: string | null;
}

export interface Body {
  schema: string;
  members: Members;
  strict: boolean;
  /** PATCH: nothing is required. */
  partial: boolean;
  media: 'form' | 'all';
}

export interface Operation {
  id: string;
  name: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the API root; `{}` stands for a key. */
  path: string;
  tag: string;
  resource: Resource;
  handler: string;
  answer: AnswerForm;
  body: Body | null;
  permission: string | null;
  undocumented: boolean;
  answerSchema: string | null;
  conflict: boolean;
  headers: readonly string[];
  query: readonly string[];
}
