import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import { entryPath } from '../config/root.ts';
import type { Services } from '../core/services.ts';
import { announce } from '../core/task/presence.ts';
import { dispatchDue } from '../core/task/schedule.ts';
import { startClock } from '../platform/schedule/clock.ts';
import { type HttpServer, openHttpServer } from './http-server.ts';
import { type Installation, openInstallation } from './installation.ts';
import { createRequestListener } from './request-listener.ts';
import { startWorkers } from './workers.ts';

export const ROLES = ['all', 'api', 'content', 'worker', 'scheduler'] as const;

/** What a process does: everything, or one part of an installation spread over several. */
export type Role = (typeof ROLES)[number];

export interface Serving {
  /** Null for roles that answer no requests. */
  origin: string | null;
  installation: Installation;
  /** Settles when the server cannot go on; never while all is well. */
  lost: Promise<void>;
  stop(): Promise<void>;
  /** Makes a stop under way wait for no task any more. */
  hurry(): void;
}

/** Something that was started, and how it is stopped. */
type Part = { stop(): Promise<void>; hurry?(): void };

const POOL_SIZE = 20;
const TICK_SECONDS = 5;
const DRAIN_MS = 10_000;

/** Starts a role and returns when it is ready. What was started before a failure is stopped again. */
export async function serve(config: Config, role: Role): Promise<Serving> {
  const http = answersRequests(role) ? await openHttpServer(config) : null;
  const parts: Part[] = http ? [{ stop: () => http.close(DRAIN_MS) }] : [];
  try {
    return await serveWith(config, role, http, parts);
  } catch (error) {
    await stopAll(parts);
    throw error;
  }
}

async function serveWith(config: Config, role: Role, http: HttpServer | null, parts: Part[]): Promise<Serving> {
  const installation = await openInstallation(config, role === 'all' ? 'refuse' : 'share', POOL_SIZE);
  parts.push({ stop: installation.close });
  const { app } = installation.context;
  if (http) {
    parts.push(...(await announceFaces(app.services, role)));
    const faces = { content: hasRole(role, 'content'), rest: hasRole(role, 'api') };
    http.answerWith(createRequestListener(installation.context, faces));
  }
  if (hasRole(role, 'scheduler')) parts.push(await startScheduler(app.services));
  if (hasRole(role, 'worker')) parts.push(await startWorkerPool(config, installation));
  return {
    origin: http?.origin ?? null,
    installation,
    lost: installation.server.lost,
    stop: () => stopAll([...parts]),
    hurry() {
      for (const part of parts) part.hurry?.();
    },
  };
}

function hasRole(role: Role, wanted: Exclude<Role, 'all'>): boolean {
  return role === 'all' || role === wanted;
}

function answersRequests(role: Role): boolean {
  return hasRole(role, 'api') || hasRole(role, 'content');
}

async function announceFaces(services: Services, role: Role): Promise<Part[]> {
  const kinds = (['api', 'content'] as const).filter((kind) => hasRole(role, kind));
  const listeners = await Promise.all(
    kinds.map((kind) =>
      announce(services.database, {
        // Tasks that a request runs on the spot bear the id of the process.
        id: kind === 'api' ? services.processId : randomUUID(),
        kind,
        versions: services.settings.versions,
        ttl: services.settings.workerTtl,
        channels: [],
        onNotice: () => undefined,
        onShown: async () => undefined,
        onError: (error) => services.log.error({ err: error }, 'lost the connection that shows this process lives'),
      }),
    ),
  );
  return listeners.map((listener) => ({ stop: () => listener.close() }));
}

function startScheduler(services: Services): Promise<Part> {
  return startClock({
    everySeconds: TICK_SECONDS,
    onTick: async () => {
      await dispatchDue(services, new Date());
    },
    onError: (error) => services.log.error({ err: error }, 'schedules could not be dispatched'),
  });
}

function startWorkerPool(config: Config, installation: Installation): Promise<Part> {
  const { services } = installation.context.app;
  return startWorkers(services, dirname(entryPath('worker')), config.workers, {
    config,
    connection: installation.server.connection,
    secretKey: installation.secretKey.toString('hex'),
  });
}

/** Workers and clock first, then requests, the database last. One that fails to stop does not keep the others. */
async function stopAll(parts: Part[]): Promise<void> {
  for (const part of parts.reverse()) await part.stop().catch(() => undefined);
}
