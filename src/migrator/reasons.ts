/** Why something of the source does not move, or not as it was. Codes are for programs, texts for people. */
export const REASONS = {
  not_selected: 'the plan leaves it out',
  unmapped_type: 'its type cannot be moved yet',
  no_type: 'nothing tells what kind of repository it is',
  name_taken: 'a repository of that name exists that no migration made',
  bad_name: 'its id cannot be the name of a repository',
  dangling_unit: 'the unit it refers to does not exist',
  dangling_repository: 'the repository it refers to does not exist',
  duplicate: 'the same unit is in the same repository already',
  orphan: 'it is in no repository (the plan can ask for orphans)',
  bad_unit: 'its key is incomplete or of a wrong type',
  bad_path: 'its name cannot be a path in a repository',
  missing_file: 'its file is not there, and no URL to fetch it from is known',
  damaged_file: 'its file has another size or digest than it should, and no URL to fetch it from is known',
  unusable_file: 'its path does not lead to a readable file, and no URL to fetch it from is known',
  no_source: 'it was never downloaded, and no URL to fetch it from is known',
  path_conflict: 'another unit of the repository has this path; the newest is kept',
  other_family: 'its type does not belong into this repository',
  unit_set_aside: 'the unit it refers to was set aside',
  repository_set_aside: 'its repository was set aside',
  no_feed: 'without a feed there is nothing to fetch from; v2 clients keep its settings',
  no_counterpart: 'nothing takes its place',
  guarded: 'it was protected by certificates: it is not served until somebody decides how',
  base_path_conflict: 'its path is taken; it is served at another one',
  bad_catalogue_entry: 'it lacks a URL, a unit or an importer',
} as const;

export type Reason = keyof typeof REASONS;
