/** How the embedded server is set up: small at rest (the whole product has 350 MiB), quick in bulk loads. */
export function serverSettings(
  major: number,
  { socketDir, connections, durable }: { socketDir: string; connections: number; durable: boolean },
): string[] {
  const settings: Record<string, string> = {
    ...COMMON,
    max_connections: String(connections),
    unix_socket_directories: socketDir,
    // Worker processes for reading ahead cost 10 MB each and gain nothing on local disks.
    ...(major >= 18 ? { io_method: 'sync' } : {}),
    ...(durable ? {} : THROWAWAY),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

const COMMON = {
  listen_addresses: '',
  port: '5432',
  unix_socket_permissions: '0700',
  shared_buffers: '64MB',
  work_mem: '16MB',
  maintenance_work_mem: '64MB',
  effective_cache_size: '1GB',
  random_page_cost: '1.1',
  // Compiling plans costs more than it saves in short statements; parallel plans need /dev/shm, small in containers.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  // No replicas: less to log, and no processes for them.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  autovacuum_max_workers: '2',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  log_min_messages: 'warning',
};

const THROWAWAY = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_wal_size: '512MB',
};
