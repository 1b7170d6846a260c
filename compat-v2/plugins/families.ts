import type { FamilyBehaviour, PluginTypes } from './behaviour.ts';
import { createPublishReport } from './iso/publish-report.ts';
import { createSyncReport } from './iso/sync-report.ts';
import { ISO_TYPES } from './iso/types.ts';
import { refuseDistributorConfig } from './iso/validate-distributor.ts';
import { refuseImporterConfig } from './iso/validate-importer.ts';

const FAMILIES: Readonly<Record<string, FamilyBehaviour>> = {
  iso: { types: ISO_TYPES, refuseImporterConfig, refuseDistributorConfig, createSyncReport, createPublishReport },
};

/** Throws for a family that has a mapping but nothing here: a mistake in the program. */
export function familyBehaviour(name: string): FamilyBehaviour {
  const behaviour = FAMILIES[name];
  if (!behaviour) throw new Error(`Nothing is known about the family ${name}.`);
  return behaviour;
}

export const ALL_TYPES: readonly PluginTypes[] = Object.values(FAMILIES).map(({ types }) => types);
