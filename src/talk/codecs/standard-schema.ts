/**
 * The interface by which libraries of schemas are used without knowing them (https://standardschema.dev, version 1), as far as
 * it is needed here: written down and not imported, as the standard itself proposes.
 */

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> = { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema makes of what it accepts. */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output'];

const ISSUES_TOLD_MAX = 5;
const ISSUE_CHARACTERS_MAX = 200;

/** `cutoff: Invalid input; voices[2].pan: Too big`. Texts of the schema's library, and cut: a value from outside may be long. */
export function tellIssues(issues: readonly SchemaIssue[]): string {
  const told = issues.slice(0, ISSUES_TOLD_MAX).map(({ message, path = [] }) => {
    const where = path.map(step).join('').replace(/^\./, '');
    return `${where === '' ? '' : `${where}: `}${message}`.slice(0, ISSUE_CHARACTERS_MAX);
  });
  const rest = issues.length - told.length;
  return `${told.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`;
}

function step(segment: PropertyKey | { readonly key: PropertyKey }): string {
  const key = typeof segment === 'object' ? segment.key : segment;
  return typeof key === 'number' ? `[${key}]` : `.${String(key)}`;
}
