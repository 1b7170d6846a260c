import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { matchingLines, readSources, type SourceFile } from '../support/sources.ts';

const LONGEST_FILE = 350;
const LONGEST_FUNCTION = 100;

const sources = readSources('src', 'compat-v2');
const V3_ONLY = /^src\/(core|platform|plugin|plugins|api|content-app)\//;
const V2_WORDS = /importer|distributor|consumer|scratchpad|call[ _-]?report|criteria/i;
/** Node's module of that name, and what the v3 API itself calls its importers. */
const NOT_V2 = /node:stream\/consumers|importers\/core\/pulp/;

/** Who may touch the file system. Names that come from data become paths in platform/storage alone. */
const FILE_USERS =
  /^src\/(platform|boot|config|cli|mapping|migrator|core\/task)\/|^src\/(api\/declare\/load|core\/remote\/import-path|content-app\/on-demand\/follow)\.ts$/;
const FILE_MODULE = /from 'node:fs(\/promises)?'/;
/** What the storage or a download put in place may be read again by whoever it was handed to. */
const READS_ONLY = /import \{ (createReadStream|statfs) \} from 'node:fs/;

function offending(files: SourceFile[], pattern: RegExp, except: (line: string) => boolean = () => false): string[] {
  return files.flatMap((file) => matchingLines(file, pattern)).filter((line) => !except(line));
}

function outside(...places: RegExp[]): SourceFile[] {
  return sources.filter(({ path }) => !places.some((place) => place.test(path)));
}

describe('every source file', () => {
  it(`has at most ${LONGEST_FILE} lines`, () => {
    const long = sources
      .filter(({ path }) => path.endsWith('.ts'))
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > LONGEST_FILE);
    expect(long).toEqual([]);
  });

  it(`has no function of more than ${LONGEST_FUNCTION} lines`, () => {
    const long = sources.filter(({ path }) => path.endsWith('.ts')).flatMap(longFunctions);
    expect(long).toEqual([]);
  });
});

describe('things that are done in one place', () => {
  it('the environment is read in src/config', () => {
    expect(offending(outside(/^src\/config\//), /process\.env\b/)).toEqual([]);
  });

  it('digests are computed in src/platform/crypto', () => {
    const allowed = [/^src\/platform\/crypto\//, /^src\/platform\/postgres\/sql\.ts$/];
    expect(offending(outside(...allowed), /\bcreateHash\b|\bcrypto\.hash\(/)).toEqual([]);
  });

  it('files are opened by those who may', () => {
    expect(offending(outside(FILE_USERS), FILE_MODULE, (line) => READS_ONLY.test(line))).toEqual([]);
  });

  it('mappings are read in src/mapping', () => {
    expect(
      offending(outside(/^src\/mapping\//, /^src\/(context|cli\/migrate)\.ts$/), /['"`/]mappings\/|join\(.*'mappings'/),
    ).toEqual([]);
  });

  it('requests leave through src/platform/download, src/core/remote and the sources of the migrator', () => {
    const allowed = [/^src\/platform\/download\//, /^src\/core\/remote\//, /^src\/migrator\/sources\//];
    expect(offending(outside(...allowed), /from '(undici|axios)'|[^.#\w]fetch\(/)).toEqual([]);
  });

  it('words of Pulp 2 stay out of everything below the v2 face', () => {
    const files = sources.filter(({ path }) => V3_ONLY.test(path));
    expect(offending(files, V2_WORDS, (line) => NOT_V2.test(line))).toEqual([]);
  });
});

function longFunctions({ path, text }: SourceFile): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const lineOf = (position: number) => file.getLineAndCharacterOfPosition(position).line + 1;
  const found: string[] = [];
  function visit(node: ts.Node): void {
    if (ts.isFunctionLike(node)) {
      const [first, last] = [lineOf(node.getStart(file)), lineOf(node.getEnd())];
      if (last - first >= LONGEST_FUNCTION) found.push(`${path}:${first}: ${last - first + 1} lines`);
    }
    ts.forEachChild(node, visit);
  }
  visit(file);
  return found;
}
