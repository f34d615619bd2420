// Places of one lane as ascending ranges that never touch, for sets that are mostly runs. Changed in place.

/** From (inclusive) to (exclusive). */
export type Ranges = [from: number, to: number][];

export function addPlace(ranges: Ranges, seq: number): void {
  const after = indexFrom(ranges, seq);
  const [left, right] = [ranges[after - 1], ranges[after]];
  if (right && right[0] <= seq) return;
  const [joinsLeft, joinsRight] = [left?.[1] === seq, right?.[0] === seq + 1];
  if (left && joinsLeft) {
    left[1] = joinsRight && right ? right[1] : seq + 1;
    if (joinsRight) ranges.splice(after, 1);
  } else if (right && joinsRight) right[0] = seq;
  else ranges.splice(after, 0, [seq, seq + 1]);
}

export function removePlace(ranges: Ranges, seq: number): void {
  const at = indexFrom(ranges, seq);
  const range = ranges[at];
  if (!range || range[0] > seq) return;
  const rest: Ranges = [];
  if (range[0] < seq) rest.push([range[0], seq]);
  if (seq + 1 < range[1]) rest.push([seq + 1, range[1]]);
  ranges.splice(at, 1, ...rest);
}

/** The first range that ends behind `seq`. */
function indexFrom(ranges: Ranges, seq: number): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.[1] ?? 0) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}
