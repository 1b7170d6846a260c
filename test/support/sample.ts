import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeSampleServer } from './sample-server.ts';
import { putManifest, startUpstream } from './upstream.ts';
import { makeArchive } from './v2-dump.ts';

// `npm run sample`: something to try the walk-throughs of the README with. Writes a small mongodump archive of a made-up
// Pulp 2 and its content folder below ./var/sample, and serves an upstream of three files until Ctrl-C.

const PORT = 8899;
const folder = resolve('var/sample');
mkdirSync(join(folder, 'pulp2-content'), { recursive: true });
const database = makeSampleServer(join(folder, 'pulp2-content'));
writeFileSync(join(folder, 'pulp2.archive'), makeArchive(database));
writeFileSync(join(folder, 'upload.bin'), 'a file to upload\n');

const upstream = await startUpstream(PORT);
putManifest(upstream, 'isos', { '1.iso': 'one\n'.repeat(256), '2.iso': 'two\n'.repeat(256), '3.iso': 'three\n' });
console.log(`upstream         ${upstream.url}/isos/  (3 files and their PULP_MANIFEST)`);
console.log(`Pulp 2 dump      ${join(folder, 'pulp2.archive')}`);
console.log(`Pulp 2 content   ${join(folder, 'pulp2-content')}`);
console.log('Ctrl-C ends it.');
