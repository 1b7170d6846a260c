/** The program cannot start or go on as it was asked to. The message is for the operator and needs no stack. */
export class StartError extends Error {}
