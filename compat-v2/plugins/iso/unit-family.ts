import type { UnitFamily } from '../unit-family.ts';
import { refuseIso, uploadedIso } from './uploaded-unit.ts';

export const isoUnits: UnitFamily = {
  fileName: (unit) => (typeof unit.name === 'string' ? unit.name : null),
  uploadedUnit: uploadedIso,
  refuseUpload: refuseIso,
};
