/**
 * Where work says what it is doing: one short line, present tense, no newline ("building litestream v0.5.18").
 * Progress goes to stderr; stdout is for results.
 */
export type Progress = (line: string) => void;
