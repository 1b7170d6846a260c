import type { UnitFamily } from '../unit-family.ts';

export const isoUnits: UnitFamily = {
  fileName: (unit) => (typeof unit.name === 'string' ? unit.name : null),
};
