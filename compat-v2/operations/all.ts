import type { V2Operation } from '../operation.ts';
import { STATUS_OPERATIONS } from './status.ts';

/** Every operation of the v2 API: one table per subject. */
export const ALL_OPERATIONS: readonly V2Operation[] = [...STATUS_OPERATIONS];
