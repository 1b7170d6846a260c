// The direction of imports: platform <- core <- plugin <- plugins <- faces and migrator <- cli, boot, context, main.
const layers = [
  { name: 'platform', path: '^src/platform/', allowed: ['^src/platform/'] },
  { name: 'config', path: '^src/config/', allowed: ['^src/config/'] },
  { name: 'core', path: '^src/core/', allowed: ['^src/core/', '^src/platform/'] },
  { name: 'plugin', path: '^src/plugin/', allowed: ['^src/plugin/', '^src/core/', '^src/platform/'] },
  {
    name: 'plugins',
    path: '^src/plugins/([^/]+)/',
    // $1 is the plugin's own folder: plugins never import each other.
    allowed: ['^src/plugins/$1/', '^src/plugin/', '^src/core/', '^src/platform/'],
  },
  { name: 'mapping', path: '^src/mapping/', allowed: ['^src/mapping/', '^src/platform/'] },
  ...face('api', '^src/api/', []),
  ...face('content-app', '^src/content-app/', []),
  ...face('compat-v2', '^compat-v2/', ['^src/mapping/']),
  ...face('migrator', '^src/migrator/', ['^src/mapping/']),
];

/** Faces may use everything below them, of plugins only what their index gives, and never each other. */
function face(name, path, more) {
  const below = ['^src/plugins/[^/]+/index[.]ts$', '^src/plugin/', '^src/core/', '^src/platform/'];
  return [{ name, path, allowed: [path, ...below, ...more] }];
}

/** Our own modules only: packages and built-in ones are not layers. */
const OURS = '^(src|compat-v2)/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...layers.map(({ name, path, allowed }) => ({
      name: `layer-${name}`,
      comment: `${name} imports only what lies below it`,
      severity: 'error',
      from: { path },
      to: { path: OURS, pathNot: allowed },
    })),
    {
      name: 'v2-enters-in-two-places',
      comment: 'only context.ts and main.ts know the v2 face',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(context|main)[.]ts$' },
      to: { path: '^compat-v2/' },
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      from: { path: OURS },
      to: { path: '^test/' },
    },
    {
      name: 'runtime-packages-only',
      comment: 'what runs must not need development packages',
      severity: 'error',
      from: { path: OURS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'types'] },
  },
};
