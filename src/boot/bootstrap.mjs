#!/usr/bin/env node
// The first code that runs, also on a bare clone: checks Node, installs what the lock file names, builds when a source
// changed, and then runs the command in this same process. Built-in modules only, in syntax that old Nodes can parse.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`pulp-gateway needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(2);
}

/** Commands of the people who work on the project; all others belong to src/main.ts. */
const TOOLS = {
  test: async (args) => (await import('./run-tests.mjs')).runTests(args),
  bench: async () => (await import('./build.mjs')).importTool('test/bench/run.ts'),
  sample: async () => (await import('./build.mjs')).importTool('test/support/sample.ts'),
};

try {
  const [command] = process.argv.slice(2);
  const { ensureModules } = await import('./install.mjs');
  const tool = Object.hasOwn(TOOLS, command ?? '') ? TOOLS[command] : null;
  ensureModules(tool !== null);
  (await import('node:module')).default.enableCompileCache?.();
  if (tool) await tool(process.argv.slice(3));
  else await import((await (await import('./build.mjs')).ensureBuilt()).main);
} catch (error) {
  console.error(error?.instructive ? error.message : error);
  process.exitCode = 1;
}
