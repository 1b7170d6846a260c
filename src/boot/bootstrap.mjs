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
  generate: async () => (await import('./build.mjs')).importTool('test/support/generate.ts'),
  sample: async () => (await import('./build.mjs')).importTool('test/support/sample.ts'),
};

const PARENT_CHECK_MS = 500;

/**
 * npm and npx run us below a shell that dies of a signal without passing it on. When that happens we stop too, instead of
 * running on unseen. Without npm a missing parent is normal: that is what nohup and service managers are for.
 */
function stopWithNpm() {
  const parent = process.ppid;
  if (!process.env.npm_execpath || parent === 1) return;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  watch.unref();
}

try {
  stopWithNpm();
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
