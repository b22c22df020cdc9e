import { PolicyError } from "./error.js";
import { decode as text, encode as bytes } from "./utf8.js";

/** The most bytes of state that a host carries for one plugin in one exchange. */
export const MAX_STATE = 256 << 10;

/**
 * The bytes that stand for a value.
 *
 * @param {unknown} value
 * @returns {Uint8Array}
 * @throws {PolicyError} where JSON cannot hold it or it is too large
 */
export function encode(value) {
  let json;
  try {
    json = JSON.stringify(value);
  } catch {
    json = undefined;
  }
  if (json === undefined) {
    throw new PolicyError(
      "the state cannot be encoded\nhint: keep to objects, lists, strings, numbers, booleans and null",
    );
  }
  const encoded = bytes(json);
  if (encoded.length > MAX_STATE) {
    throw new PolicyError(
      `the state has ${encoded.length} bytes; at most ${MAX_STATE} are carried\n` +
        "hint: keep counts or hashes instead of text",
    );
  }
  return encoded;
}

/**
 * The value that bytes stand for; none at all stand for `undefined`.
 *
 * @param {Uint8Array | number[]} content
 * @returns {unknown}
 * @throws {PolicyError} where they are not what `encode` made
 */
export function decode(content) {
  if (content.length === 0) return undefined;
  try {
    return JSON.parse(text(Uint8Array.from(content)));
  } catch {
    throw new PolicyError("the state cannot be decoded\nhint: it is another version's; begin a new exchange");
  }
}
