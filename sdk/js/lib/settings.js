// What the operator may set: each function answers a description with a JSON Schema and a strict
// reader. Unknown keys and values that do not fit are refused with the path to them.
import { PolicyError } from "./error.js";

const UNKNOWN = "hint: `caponier plugin inspect` lists the keys that exist";

function scalar(type, fits, name, hint) {
  return (options = {}) =>
    described(options, { type }, (value, path) => {
      if (!fits(value)) throw new PolicyError(`${path}: ${name} is expected\nhint: ${hint}`);
      return value;
    });
}

/** A string. */
export const string = scalar("string", (value) => typeof value === "string", "a string", "put it in quotes");
/** true or false. */
export const boolean = scalar(
  "boolean",
  (value) => typeof value === "boolean",
  "true or false",
  "write it without quotes",
);
/** A finite number. */
export const number = scalar("number", Number.isFinite, "a number", "write a finite number without quotes");
/** A whole number that JavaScript can tell from its neighbours. */
export const integer = scalar(
  "integer",
  Number.isSafeInteger,
  "a whole number",
  "write a number without a fraction and without quotes",
);

/** One of some words. */
export function choice(words, options = {}) {
  return described(options, { type: "string", enum: [...words] }, (value, path) => {
    if (!words.includes(value)) {
      throw new PolicyError(`${path}: it is none of the words that are allowed\nhint: ${words.join(", ")}`);
    }
    return value;
  });
}

/** A list of one sort of thing. */
export function list(of, options = {}) {
  return described(options, { type: "array", items: of.schema }, (value, path) => {
    if (!Array.isArray(value)) throw new PolicyError(`${path}: a list is expected\nhint: write it as [one, two]`);
    return value.map((item, at) => of.read(item, `${path}[${at}]`));
  });
}

/** An object of any keys and one sort of values; it is read into a `Map`. */
export function map(of, options = {}) {
  return described(options, { type: "object", additionalProperties: of.schema }, (value, path) => {
    const read = entries(value, path).map(([key, item]) => [key, of.read(item, `${path}.${key}`)]);
    return new Map(read);
  });
}

/** An object of these keys and no others. */
export function object(fields, options = {}) {
  const known = new Map(Object.entries(fields));
  const required = [...known].filter(([, field]) => field.default === undefined).map(([name]) => name);
  const schema = {
    type: "object",
    properties: Object.fromEntries([...known].map(([name, field]) => [name, field.schema])),
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
  };
  return described(options, schema, (value, path) => {
    const given = new Map(entries(value, path));
    for (const key of given.keys()) {
      if (!known.has(key)) throw new PolicyError(`${path}.${key}: unknown key\n${UNKNOWN}`);
    }
    const read = {};
    for (const [name, field] of known) {
      if (!given.has(name) && field.default === undefined) {
        throw new PolicyError(`${path}.${name}: it is missing\nhint: ${field.schema.description ?? "set it"}`);
      }
      read[name] = field.read(given.has(name) ? given.get(name) : field.default, `${path}.${name}`);
    }
    return read;
  });
}

/**
 * Settings from JSON. Nothing at all, or `null`, stands for the default.
 *
 * @throws {PolicyError} that names the key that is unknown or whose value does not fit
 */
export function parse(settings, json) {
  let value = null;
  if (json.trim() !== "") {
    try {
      value = JSON.parse(json);
    } catch {
      // The engine's message may quote the settings, which may hold secrets.
      throw new PolicyError("settings: no valid JSON\nhint: write an object: {}");
    }
  }
  return settings.read(value ?? {}, "settings");
}

function entries(value, path) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new PolicyError(`${path}: an object is expected\nhint: write it as { key: value }`);
  }
  return Object.entries(value);
}

function described(options, schema, read) {
  const described = { ...schema };
  if (options.description !== undefined) described.description = options.description;
  if (options.default !== undefined) described.default = options.default;
  return { schema: described, read, default: options.default };
}
