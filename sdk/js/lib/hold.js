// In a stream the host releases text up to the earliest hold. A detector holds from the first unit
// where a match could still be growing; everything before goes out at once.

/**
 * The start of the run of characters at the text's end that could all belong to a match which is
 * still growing, and at most `window` units of it. `undefined` where nothing can be: the segment
 * is closed, or its last character is in no such match.
 */
export function fromTail(segment, window, couldContinue) {
  if (!segment.open) return undefined;
  const { text, offsets } = segment;
  const least = Math.max(0, text.length - Math.max(0, window));
  let start = text.length;
  while (start > least) {
    const before = offsets.floor(start - 1);
    if (!couldContinue(text.slice(before, start))) break;
    start = before;
  }
  return start < text.length ? start : undefined;
}

/**
 * The start of the longest end of the text that `marker` begins with, but is not whole.
 * `undefined` where there is no such end, or the segment is closed.
 */
export function partialMarker(segment, marker) {
  if (!segment.open) return undefined;
  const { text } = segment;
  for (let length = Math.min(marker.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(marker.slice(0, length))) return text.length - length;
  }
  return undefined;
}
