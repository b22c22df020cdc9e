const FOLDED = new Map();
const IGNORED = /\p{Default_Ignorable_Code_Point}/u;
const SPACE = /\s/u;
// Control characters are left to the careful way.
const ASCII = /^[\t\n\r -~]*$/;

/**
 * A text as names are compared: without case, width, ligatures and invisible characters, with
 * spaces for tabs and line ends. `at(i)` is where folded unit `i` begins in the text, and `end(i)`
 * where what it came from ends.
 *
 * @param {string} text
 */
export function fold(text) {
  if (ASCII.test(text)) {
    const folded = text.toLowerCase().replace(/\s/g, " ");
    return { text: folded, at: (unit) => unit, end: (unit) => unit + 1 };
  }
  const parts = [];
  const starts = [];
  const ends = [];
  let at = 0;
  for (const character of text) {
    const end = at + character.length;
    const folded = folding(character);
    if (folded === "" && ends.length > 0) ends[ends.length - 1] = end;
    parts.push(folded);
    for (let unit = 0; unit < folded.length; unit++) {
      starts.push(at);
      ends.push(end);
    }
    at = end;
  }
  return { text: parts.join(""), at: (unit) => starts[unit], end: (unit) => ends[unit] };
}

function folding(character) {
  let folded = FOLDED.get(character);
  if (folded === undefined) {
    folded = fresh(character);
    FOLDED.set(character, folded);
  }
  return folded;
}

function fresh(character) {
  if (IGNORED.test(character)) return "";
  if (SPACE.test(character)) return " ";
  // Upper case first: ß and ſ have none of their own. Character by character: a sigma at a word's
  // end is one like any other.
  const lower = Array.from(character.normalize("NFKD").toUpperCase(), (upper) => upper.toLowerCase());
  return lower.join("").normalize("NFKD");
}
