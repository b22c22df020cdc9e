/**
 * Why a plugin refuses its settings, or cannot judge a text. The message goes to a person: say
 * what, where, and how to fix it. Never put inspected text in it.
 */
export class PolicyError extends Error {
  /** @param {string} message what, where, and a hint on how to fix it */
  constructor(message) {
    super(message);
    this.name = "PolicyError";
  }
}
