// A map that is a value: a change shares nearly everything with the map that it was made of, so that keeping ten thousand
// versions of a large map costs little more than keeping one.

/** Changes that are carried along before they are merged into a new base. */
const TOP_MAX = 32;

export class LayeredMap<Key, Value> {
  private readonly base: ReadonlyMap<Key, Value>;
  /** What differs from the base; undefined where the base's entry is gone. */
  private readonly top: ReadonlyMap<Key, Value | undefined>;
  readonly size: number;

  constructor(
    base: ReadonlyMap<Key, Value> = new Map(),
    top: ReadonlyMap<Key, Value | undefined> = new Map(),
    size = base.size,
  ) {
    this.base = base;
    this.top = top;
    this.size = size;
  }

  get(key: Key): Value | undefined {
    return this.top.has(key) ? this.top.get(key) : this.base.get(key);
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  /** The map in which `key` has this value; without the key where the value is undefined. */
  with(key: Key, value: Value | undefined): LayeredMap<Key, Value> {
    const had = this.has(key);
    if (!had && value === undefined) return this;
    const size = this.size + (value === undefined ? 0 : 1) - (had ? 1 : 0);
    const top = new Map(this.top).set(key, value);
    // A large base is copied the more seldom: the cost of a change stays near the square root of the size.
    if (top.size <= Math.max(TOP_MAX, Math.sqrt(this.base.size))) return new LayeredMap(this.base, top, size);
    return new LayeredMap(merged(this.base, top), new Map(), size);
  }

  without(key: Key): LayeredMap<Key, Value> {
    return this.with(key, undefined);
  }

  *entries(): IterableIterator<[Key, Value]> {
    for (const [key, value] of this.base) {
      const now = this.top.has(key) ? this.top.get(key) : value;
      if (now !== undefined) yield [key, now];
    }
    for (const [key, value] of this.top) if (value !== undefined && !this.base.has(key)) yield [key, value];
  }

  *keys(): IterableIterator<Key> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): IterableIterator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    return this.entries();
  }
}

function merged<Key, Value>(
  base: ReadonlyMap<Key, Value>,
  top: ReadonlyMap<Key, Value | undefined>,
): ReadonlyMap<Key, Value> {
  const all = new Map(base);
  for (const [key, value] of top) {
    if (value === undefined) all.delete(key);
    else all.set(key, value);
  }
  return all;
}
