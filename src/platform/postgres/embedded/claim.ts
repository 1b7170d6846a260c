import { unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

/** Being the one process that runs the server of a folder. */
export interface Claim {
  release(): Promise<void>;
}

/**
 * Claims a socket folder by listening in it, which ends with the process however it ends: unlike a file with a process
 * number, it is never stale. Null when a living process holds the claim.
 */
export async function claimFolder(socketDir: string): Promise<Claim | null> {
  const path = join(socketDir, 'owner');
  if (await isAnswered(path)) return null;
  await unlink(path).catch(() => undefined);
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(path, () => {
      server.unref();
      resolve({ release: () => new Promise((done) => void server.close(() => done())) });
    });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
