/** What the caller of a command can tell from its exit code. */
export const DONE = 0;
export const FAILED = 1;
/** Wrong options or settings. */
export const WRONG_USE = 2;
/** Done, but with items set aside that somebody should look at. */
export const SET_ASIDE = 3;
