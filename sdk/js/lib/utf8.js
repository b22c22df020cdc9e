// The component's engine has no TextEncoder. What is malformed becomes U+FFFD, as the platform's do.

/** @param {string} text @returns {Uint8Array} its UTF-8 */
export function encode(text) {
  const bytes = new Uint8Array(byteLength(text, 0, text.length));
  let at = 0;
  for (const character of text) {
    let point = character.codePointAt(0);
    if (point >= 0xd800 && point < 0xe000) point = 0xfffd;
    if (point < 0x80) {
      bytes[at++] = point;
    } else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else {
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    }
  }
  return bytes;
}

/**
 * The text that UTF-8 bytes stand for.
 *
 * @param {Uint8Array} bytes
 * @returns {string}
 * @throws {RangeError} where they are no UTF-8
 */
export function decode(bytes) {
  const parts = [];
  let points = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at];
    const more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    let point = more === 0 ? first : first & (0x3f >> more);
    const malformed = () => new RangeError("these bytes are no UTF-8");
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4) throw malformed();
    for (let next = 1; next <= more; next++) {
      const byte = bytes[at + next];
      if (byte === undefined || byte >> 6 !== 2) throw malformed();
      point = (point << 6) | (byte & 0x3f);
    }
    const least = [0, 0x80, 0x800, 0x10000][more];
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) throw malformed();
    at += more + 1;
    points.push(point);
    if (points.length === 4096) {
      parts.push(String.fromCodePoint(...points));
      points = [];
    }
  }
  parts.push(String.fromCodePoint(...points));
  return parts.join("");
}

/**
 * How many bytes of UTF-8 a part of a text takes. Half a surrogate pair counts as U+FFFD.
 *
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @returns {number}
 */
export function byteLength(text, start, end) {
  let bytes = 0;
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && at + 1 < end && isLow(text.charCodeAt(at + 1))) {
      bytes += 4;
      at += 1;
    } else bytes += 3;
  }
  return bytes;
}

/** @param {number} unit @returns {boolean} whether it is the second half of a surrogate pair */
export function isLow(unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}
