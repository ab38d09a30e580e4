/**
 * What a value from outside must look like. A shape checks such a value and says the same as JSON Schema, so the two cannot
 * differ; its TypeScript type follows from it.
 */

/** Something that is not as it should be, and where: `steps[3].at`. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
  readonly path: string;

  constructor(path: string, wanted: string) {
    super(`${path || 'the whole'}: ${wanted} expected`);
    this.path = path;
  }
}

export interface Shape<T> {
  /** The value, without anything that the shape does not know; throws `ShapeError`. */
  read(value: unknown, path: string): T;
  readonly schema: object;
}

/** A field that may be missing. */
export interface Maybe<T> {
  readonly maybe: Shape<T>;
}

/** What a shape reads. */
export type Read<S> = S extends Shape<infer T> ? T : S extends Maybe<infer T> ? T : never;

type Fields = Readonly<Record<string, Shape<unknown> | Maybe<unknown>>>;
type Whole<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Shape<unknown> ? K : never]: Read<F[K]>;
} & { readonly [K in keyof F as F[K] extends Maybe<unknown> ? K : never]?: Read<F[K]> };

export function number(minimum?: number, maximum?: number): Shape<number> {
  const wanted = `a number${minimum === undefined ? '' : ` from ${minimum}`}${maximum === undefined ? '' : ` to ${maximum}`}`;
  return {
    read(value, path) {
      const fits = typeof value === 'number' && Number.isFinite(value);
      if (!fits || value < (minimum ?? value) || value > (maximum ?? value))
        throw new ShapeError(path, wanted);
      return value;
    },
    schema: {
      type: 'number',
      ...(minimum === undefined ? {} : { minimum }),
      ...(maximum === undefined ? {} : { maximum }),
    },
  };
}

export function integer(minimum: number, maximum: number): Shape<number> {
  return {
    read(value, path) {
      const fits = Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
      if (!fits) throw new ShapeError(path, `a whole number from ${minimum} to ${maximum}`);
      return Number(value);
    },
    schema: { type: 'integer', minimum, maximum },
  };
}

/** `limit`: in UTF-16 units. */
export function text(limit: number): Shape<string> {
  return {
    read(value, path) {
      if (typeof value !== 'string' || value.length > limit) {
        throw new ShapeError(path, `a text of at most ${limit} characters`);
      }
      return value;
    },
    schema: { type: 'string', maxLength: limit },
  };
}

export const bool: Shape<boolean> = {
  read(value, path) {
    if (typeof value !== 'boolean') throw new ShapeError(path, 'true or false');
    return value;
  },
  schema: { type: 'boolean' },
};

export function oneOf<const T extends string | number>(values: readonly T[]): Shape<T> {
  return {
    read(value, path) {
      const known = values.find((one) => one === value);
      if (known === undefined) throw new ShapeError(path, `one of ${values.join(', ')}`);
      return known;
    },
    schema: { enum: values },
  };
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return {
    read: (value, path) => (value === null ? null : shape.read(value, path)),
    schema: { anyOf: [shape.schema, { type: 'null' }] },
  };
}

export function list<T>(item: Shape<T>, limit: number): Shape<readonly T[]> {
  return {
    read(value, path) {
      if (!Array.isArray(value) || value.length > limit) {
        throw new ShapeError(path, `a list of at most ${limit}`);
      }
      return value.map((one: unknown, index) => item.read(one, `${path}[${index}]`));
    },
    schema: { type: 'array', items: item.schema, maxItems: limit },
  };
}

export function maybe<T>(shape: Shape<T>): Maybe<T> {
  return { maybe: shape };
}

export function object<F extends Fields>(fields: F): Shape<Whole<F>> {
  const names = Object.keys(fields);
  const needed = names.filter((name) => !('maybe' in (fields[name] ?? {})));
  const shapeOf = (name: string) => {
    const field = fields[name] as Shape<unknown> | Maybe<unknown>;
    return 'maybe' in field ? field.maybe : field;
  };
  return {
    read(value, path) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new ShapeError(path, 'an object');
      }
      const given = value as Readonly<Record<string, unknown>>;
      const read: Record<string, unknown> = {};
      for (const name of names) {
        const there = Object.hasOwn(given, name) && given[name] !== undefined;
        if (!there && !needed.includes(name)) continue;
        read[name] = shapeOf(name).read(there ? given[name] : undefined, path ? `${path}.${name}` : name);
      }
      return read as Whole<F>;
    },
    schema: {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, shapeOf(name).schema])),
      required: needed,
    },
  };
}
