import { encodeUrlPath } from '../platform/storage/paths.ts';

export interface ListingEntry {
  /** Folders end in a slash. */
  name: string;
  /** ISO time, of a folder that of its newest file; null above the base paths. */
  added: string | null;
  size: number | null;
}

const NAME_WIDTH = 100;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'];
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };

/** The page for a folder, to the byte as Pulp 3 makes it (golden/v3/11); links are percent-encoded where they must be. */
export function renderListing(title: string, isRoot: boolean, entries: readonly ListingEntry[]): string {
  const shown = escapeHtml(title);
  return (
    `\n<html>\n<head><title>Index of ${shown}</title></head>\n<body bgcolor="white">\n<h1>Index of ${shown}</h1>\n` +
    `<hr><pre>${isRoot ? '' : '<a href="../">../</a>'}\n${entries.map(renderEntry).join('')}</pre><hr></body>\n</html>`
  );
}

function renderEntry({ name, added, size }: ListingEntry): string {
  const shown = escapeHtml(name);
  const link = escapeHtml(encodeUrlPath(name));
  const gap = ' '.repeat(Math.max(0, NAME_WIDTH - shown.length));
  return `<a href="./${link}">${shown}</a>${gap}${added ? renderTime(added) : ''}  ${size === null ? '' : renderSize(size)}\n`;
}

/** `21-Nov-2026 10:20`. */
function renderTime(time: string): string {
  const [year = '', month = '', day = ''] = time.slice(0, 10).split('-');
  return `${day}-${MONTHS[Number(month) - 1]}-${year} ${time.slice(11, 16)}`;
}

/** In words: `0 Bytes`, `1 Byte`, `1.2 kB`. */
export function renderSize(bytes: number): string {
  if (bytes === 1) return '1 Byte';
  if (bytes < 1000) return `${bytes} Bytes`;
  const power = Math.min(UNITS.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${UNITS[power - 1]}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
