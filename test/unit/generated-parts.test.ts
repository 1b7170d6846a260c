import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/config/root.ts';
import { renderDocuments } from '../support/generated-parts.ts';

describe('generated parts of the documents are up to date (else: npm run generate)', () => {
  it.each(renderDocuments().map((document) => ({ ...document, name: relative(projectRoot, document.path) })))(
    '$name',
    ({ present, wanted }) => {
      expect(present).toBe(wanted);
    },
  );
});
