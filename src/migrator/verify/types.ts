import type { RunContext } from '../run-context.ts';

export type VerifyProblem = { readonly check: 'counts' | 'digests' | 'paths'; readonly text: string };

export type Verification = {
  readonly repositories: number;
  readonly memberships: number;
  readonly files: number;
  readonly bytes: number;
  readonly paths: number;
  readonly problems: readonly VerifyProblem[];
};

export type VerifyContext = Pick<RunContext, 'services' | 'registry' | 'mappings' | 'source' | 'plan' | 'signal'> & {
  readonly progress: (step: string, done: number, total: number | null) => void;
};
