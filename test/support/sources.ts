import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/config/root.ts';

export interface SourceFile {
  /** From the project's root, with slashes. */
  path: string;
  text: string;
}

/** Our own sources (TypeScript and SQL, without generated ones) below some folders. */
export function readSources(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) => listFiles(folder)).map((path) => ({ path, text: readText(path) }));
}

function listFiles(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'generated' ? [] : listFiles(path);
    return /\.(ts|sql)$/.test(entry.name) ? [path] : [];
  });
}

function readText(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** `path:line: text` of each line that matches, for messages of failing rules. */
export function matchingLines({ path, text }: SourceFile, pattern: RegExp): string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : []));
}
