import { byteLength, isLow } from "./utf8.js";

// Small: the component's engine interprets, and each look-up counts through half a block.
const STEP = 64;
const BEYOND_ASCII = /[^\0-\x7f]/;

/**
 * The byte offsets of one text. ASCII needs no table. Otherwise the bytes are counted once, block
 * by block, up to the furthest index that was asked for; an index costs at most one block after that.
 */
export class Offsets {
  #text;
  #ascii;
  #blocks = [0];
  #starts = [0];

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
  }

  /** @param {number} index @returns {number} the last character boundary at or before it, in the text */
  floor(index) {
    const at = this.#fit(index);
    return this.#inside(at) ? at - 1 : at;
  }

  /** @param {number} index @returns {number} the first character boundary at or after it, in the text */
  ceil(index) {
    const at = this.#fit(index);
    return this.#inside(at) ? at + 1 : at;
  }

  /** @param {number} index a character boundary @returns {number} how many bytes come before it */
  byte(index) {
    const at = this.floor(index);
    this.#ascii ??= !BEYOND_ASCII.test(this.#text);
    if (this.#ascii) return at;
    const block = Math.floor(at / STEP);
    while (this.#blocks.length <= block) {
      const start = this.#starts.at(-1);
      const end = this.floor(this.#blocks.length * STEP);
      this.#blocks.push(this.#blocks.at(-1) + byteLength(this.#text, start, end));
      this.#starts.push(end);
    }
    return this.#blocks[block] + byteLength(this.#text, this.#starts[block], at);
  }

  /** @param {number} byte @returns {number} the last character boundary at or before this byte */
  index(byte) {
    let low = 0;
    let high = this.#text.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.byte(middle) <= byte) low = middle;
      else high = middle - 1;
    }
    return this.floor(low);
  }

  #fit(index) {
    if (Number.isNaN(Number(index))) return 0;
    return Math.max(0, Math.min(Math.trunc(Number(index)), this.#text.length));
  }

  #inside(at) {
    if (at === 0 || at >= this.#text.length || !isLow(this.#text.charCodeAt(at))) return false;
    const before = this.#text.charCodeAt(at - 1);
    return before >= 0xd800 && before < 0xdc00;
  }
}
