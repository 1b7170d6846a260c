import { findArtifact } from '../../core/artifact/reader.ts';
import { saveArtifact } from '../../core/artifact/store.ts';
import { invalidField, invalidTogether, PulpError } from '../../core/errors.ts';
import { DIGEST_NAMES } from '../../platform/crypto/digests.ts';
import type { StagedFile } from '../../platform/storage/artifact-store.ts';
import type { Answer, Call, Handler, JsonObject } from '../call.ts';
import { createdAnswer, findItem } from '../items.ts';
import { cleanBody } from '../validate/body.ts';

export const ARTIFACT_HANDLERS: Record<string, Handler> = {
  artifact_create: createArtifact,
  artifact_delete: refuseDelete,
};

async function createArtifact(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const { values } = await cleanBody(call, null);
  const staged = call.input.files.get('file');
  if (!staged) throw invalidField('file', 'No file was submitted.');
  checkExpected(staged, values, api.settings.allowedChecksums);
  const known = await findArtifact(api.database, staged.sha256);
  // A stored file that is damaged or gone is replaced by the same bytes sent again (v3-api.md 2.9).
  if (known && (await api.services.store.verify(staged.sha256)) === 'intact') {
    throw invalidTogether(`Artifact with sha256 checksum of '${staged.sha256}' already exists.`);
  }
  if (known) await api.services.store.remove(staged.sha256);
  const artifact = await api.database.transaction((tx) => saveArtifact(tx, api.services.store, staged));
  return createdAnswer(call, operation.resource, artifact.id);
}

function checkExpected(staged: StagedFile, values: JsonObject, allowed: readonly string[]): void {
  if (typeof values.size === 'number' && values.size !== staged.size) {
    throw invalidTogether('The size did not match actual size of file.');
  }
  const given = DIGEST_NAMES.filter((name) => values[name] !== undefined && values[name] !== null);
  const forbidden = given.filter((name) => !allowed.includes(name));
  if (forbidden.length > 0) {
    const list = forbidden.map((name) => `'${name}'`).join(', ');
    throw invalidTogether(`Checksum algorithms [${list}] forbidden for this Pulp instance.`);
  }
  const wrong = given.find((name) => `${values[name]}`.toLowerCase() !== staged.digests[name]);
  if (wrong) throw invalidTogether(`The ${wrong} checksum did not match.`);
}

/** Artifacts go by orphan cleanup only: Pulp 3's policy refuses everybody. */
async function refuseDelete(call: Call): Promise<Answer> {
  await findItem(call);
  throw new PulpError('forbidden', 'You do not have permission to perform this action.');
}
