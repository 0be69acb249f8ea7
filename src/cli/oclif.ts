/**
 * What of oclif every command line needs: definitions of flags and arguments, the parser, its errors. Taken from oclif's
 * own parts and not from its whole, which loads configuration, plug-ins and help too; help.ts loads those when it is asked.
 */
export * as Args from '@oclif/core/args';
export { CLIError } from '@oclif/core/errors';
export * as Flags from '@oclif/core/flags';
export { parse as parseWords } from '@oclif/core/parser';
export type { ArgInput, FlagInput, Input, ParserOutput } from '@oclif/core/parser';
