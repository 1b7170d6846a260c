import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { findBinaries } from './embedded/binaries.ts';
import { type Claim, claimFolder } from './embedded/claim.ts';
import { createCluster, readMajor, SUPERUSER, serverPath } from './embedded/cluster.ts';
import { EmbeddedBusyError, EmbeddedError } from './embedded/error.ts';
import { endOrphan } from './embedded/orphan.ts';
import { pickOwner } from './embedded/owner.ts';
import { type Launch, launchServer, type ServerProcess } from './embedded/process.ts';
import { makeReachable } from './embedded/reachable-tree.ts';
import { serverSettings } from './embedded/server-settings.ts';
import { makeSocketFolder } from './embedded/socket-folder.ts';

export interface EmbeddedOptions {
  /** Made at the first start. Belongs to one server at a time. */
  dataDir: string;
  /** For the unix socket; a short folder elsewhere takes its place when its path is too long for one. */
  socketDir: string;
  logFile: string;
  /** That the server takes at once. */
  connections: number;
  /** False gives up safety against power failures for speed: for tests. */
  durable: boolean;
  /** Folders in which installed programs are looked for. */
  searchPath: readonly string[];
}

export interface EmbeddedServer {
  connection: pg.ClientConfig;
  pid: number;
  /** Settles when the server has ended, also without having been asked to. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

const RETRY_MS = 100;
const RETRIES = 100;
/** Backends of a killed server take a moment to notice that it is gone. */
const LEFTOVERS = /pre-existing shared memory block|lock file "postmaster.pid" already exists/;

/**
 * Starts a PostgreSQL server that only this user (and root) can connect to and that ends with this process. Throws
 * `EmbeddedBusyError`, which has the connection, when another process of ours runs one on the folder already.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  await mkdir(dirname(options.dataDir), { recursive: true });
  const owner = await pickOwner(options.dataDir);
  const socketDir = await makeSocketFolder(options.socketDir, owner);
  const connection = { host: socketDir, port: 5432, user: SUPERUSER, database: 'postgres' };
  const claim = await claimFolder(socketDir);
  if (!claim) throw new EmbeddedBusyError(options.dataDir, connection);
  try {
    const server = await startClaimed(options, socketDir, owner);
    return { connection, pid: server.pid, ended: server.ended, stop: () => stopClaimed(server, claim) };
  } catch (error) {
    await claim.release();
    throw error;
  }
}

async function startClaimed(
  options: EmbeddedOptions,
  socketDir: string,
  owner: Awaited<ReturnType<typeof pickOwner>>,
): Promise<ServerProcess> {
  const { dataDir, connections, durable } = options;
  const major = await readMajor(dataDir);
  const stateDir = dirname(dataDir);
  const binaries = await findBinaries(major, options.searchPath, (found) => makeReachable(found, owner, stateDir));
  if (major === null) await createCluster(dataDir, binaries, owner, durable);
  await endOrphan(dataDir);
  const folder = await serverPath(dataDir, binaries, owner);
  return launchPatiently({
    program: join(binaries.bin, 'postgres'),
    args: ['-D', folder, ...serverSettings(binaries.major, { socketDir, connections, durable })],
    dataDir,
    logFile: options.logFile,
    owner,
  });
}

async function launchPatiently(launch: Launch): Promise<ServerProcess> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await launchServer(launch);
    } catch (error) {
      const isLeftover = error instanceof EmbeddedError && LEFTOVERS.test(error.message);
      if (!isLeftover || attempt === RETRIES) throw error;
      await sleep(RETRY_MS);
    }
  }
}

async function stopClaimed(server: ServerProcess, claim: Claim): Promise<void> {
  await server.stop();
  await claim.release();
}
