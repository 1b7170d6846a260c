// Bundles our own sources with esbuild (packages stay outside), when they changed since the last time.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { instructive, isWritable, mirrorFolder, projectRoot } from './folders.mjs';
import { modulesFolder } from './install.mjs';

const SOURCE_FOLDERS = ['src', 'compat-v2'];
const STAMP = '.sources';
const CHUNK_LIFETIME_MS = 7 * 24 * 3600 * 1000;

/**
 * Makes sure that the bundle is of the sources as they are. Returns the folder it is in, and the URL of its main module.
 * src/main.ts becomes main.js; every `name.entry.ts` becomes name.js beside it, for child processes and worker threads.
 */
export async function ensureBuilt() {
  const sources = SOURCE_FOLDERS.flatMap((folder) => listSources(join(projectRoot, folder)));
  const fingerprint = fingerprintOf(sources);
  const own = join(projectRoot, 'dist');
  if (readStamp(own) === fingerprint) return built(own);
  const outdir = isWritable(existsSync(own) ? own : projectRoot) ? own : mirroredDist();
  if (readStamp(outdir) !== fingerprint) await build(outdir, entryPoints(sources), fingerprint);
  return built(outdir);
}

/** Bundles one TypeScript file of the project's tools and runs it in this process. */
export async function importTool(file) {
  const source = join(projectRoot, file);
  if (!existsSync(source)) throw instructive(`${file} does not exist.`);
  const { folder } = await ensureBuilt();
  const outdir = join(folder, 'tools');
  const name = basename(file, '.ts');
  writeOutputs((await bundle(outdir, { [name]: source })).outputFiles);
  await import(pathToFileURL(join(outdir, `${name}.js`)).href);
}

function built(folder) {
  return { folder, main: pathToFileURL(join(folder, 'main.js')).href };
}

function mirroredDist() {
  const mirror = mirrorFolder();
  modulesFolder(mirror);
  return join(mirror, 'dist');
}

function listSources(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listSources(path);
    return /\.(ts|mjs|json)$/.test(entry.name) ? [path] : [];
  });
}

/** Of names and contents: 700 files take about 20 ms, and a copied or checked-out tree gives the same. */
function fingerprintOf(sources) {
  const hash = createHash('sha256');
  for (const source of [...sources, join(projectRoot, 'package.json')]) {
    hash
      .update(`${relative(projectRoot, source)}\0`)
      .update(readFileSync(source))
      .update('\0');
  }
  return hash.digest('hex');
}

function entryPoints(sources) {
  const entries = { main: join(projectRoot, 'src', 'main.ts') };
  for (const source of sources.filter((path) => path.endsWith('.entry.ts'))) {
    const name = basename(source, '.entry.ts');
    if (entries[name]) throw instructive(`Two entry points are called ${name}: ${entries[name]} and ${source}.`);
    entries[name] = source;
  }
  return entries;
}

async function build(outdir, entries, fingerprint) {
  mkdirSync(outdir, { recursive: true });
  const { outputFiles } = await bundle(outdir, entries);
  rmSync(join(outdir, STAMP), { force: true });
  writeOutputs(outputFiles);
  removeOldChunks(join(outdir, 'chunks'), new Set(outputFiles.map((file) => file.path)));
  writeOutputs([{ path: join(outdir, STAMP), contents: fingerprint }]);
}

async function bundle(outdir, entries) {
  const { default: esbuild } = await import('esbuild').catch((cause) => {
    throw instructive(`esbuild cannot run here: ${cause.message}`);
  });
  const options = { absWorkingDir: projectRoot, entryPoints: entries, outdir, write: false, logLevel: 'warning' };
  try {
    return await esbuild.build({
      ...options,
      bundle: true,
      splitting: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      chunkNames: 'chunks/[name]-[hash]',
      sourcemap: 'linked',
      sourcesContent: false,
    });
  } catch (error) {
    throw error.errors ? instructive(`The build failed with ${error.errors.length} error(s), shown above.`) : error;
  } finally {
    await esbuild.stop();
  }
}

/** Each file appears whole or not at all: another process may be starting from the same folder. */
function writeOutputs(files) {
  for (const { path, contents } of files) {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, contents);
    renameSync(temporary, path);
  }
}

/** A running server may still import chunks of the build before, so these stay for a while. */
function removeOldChunks(folder, current) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!current.has(path) && Date.now() - statSync(path).mtimeMs > CHUNK_LIFETIME_MS) rmSync(path, { force: true });
  }
}

function readStamp(folder) {
  try {
    return readFileSync(join(folder, STAMP), 'utf8');
  } catch {
    return null;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { folder } = await ensureBuilt();
  console.log(`built ${folder}`);
}
