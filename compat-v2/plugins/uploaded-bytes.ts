/** What an uploaded file turned out to be. */
export type UploadedBytes = { readonly sha256: string; readonly size: number };
