import type pg from 'pg';

/** The embedded server cannot do its work. The message says what the operator can do about it. */
export class EmbeddedError extends Error {}

/** Another process of ours runs a server on the data folder; `connection` reaches it. */
export class EmbeddedBusyError extends EmbeddedError {
  readonly connection: pg.ClientConfig;

  constructor(dataDir: string, connection: pg.ClientConfig) {
    super(`Another pulp-gateway is running with the database in ${dataDir}: stop it first, or set another PULP_HOME.`);
    this.connection = connection;
  }
}
