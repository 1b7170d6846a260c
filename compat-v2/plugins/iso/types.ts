import type { PluginTypes } from '../behaviour.ts';

/** As the original's plugin listings described the iso plugin (v2-api.md 4.12). */
export const ISO_TYPES: PluginTypes = {
  contentTypes: [
    {
      id: 'iso',
      display_name: 'ISO',
      description: 'ISO',
      unit_key: ['name', 'checksum', 'size'],
      search_indexes: ['-_last_updated', 'downloaded'],
      referenced_types: [],
    },
  ],
  importers: [{ id: 'iso_importer', display_name: 'ISO Importer', types: ['iso'] }],
  distributors: [{ id: 'iso_distributor', display_name: 'ISO Distributor', types: ['iso'] }],
};
