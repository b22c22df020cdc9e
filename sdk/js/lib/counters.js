// Counters shared by every call and, with a shared store, by every host. They need the `counters`
// grant, `counting.js` in place of `component.js`, and `"world": "counting"` in package.json's
// `caponier`. Outside of a sandbox, and during `configure`, they answer 0.
import { PolicyError } from "./error.js";
import { host } from "./host.js";

/**
 * Adds `amount` and returns the sum over the sliding window. An amount of 0 reads.
 *
 * @throws {PolicyError} where the host refuses, or the component was built without counters
 */
export function add(key, amount, windowSeconds) {
  return ask("add", key, amount, windowSeconds);
}

/**
 * Adds `member`, bytes, to a set and returns an estimate of the set's size over the window.
 *
 * @throws {PolicyError} where the host refuses, or the component was built without counters
 */
export function addUnique(key, member, windowSeconds) {
  return ask("addUnique", key, member, windowSeconds);
}

function ask(name, ...values) {
  if (!host.counting) {
    throw new PolicyError(
      "this component was built without counters\n" +
        'hint: import `counting.js` and put `"world": "counting"` into package.json\'s `caponier`',
    );
  }
  if (host.counters === undefined) return 0;
  try {
    return Number(host.counters[name](...values));
  } catch (error) {
    throw new PolicyError(String(error?.message ?? error));
  }
}
