import { PolicyError } from "./error.js";
import { Report } from "./report.js";
import { Segment } from "./segment.js";
import { object, parse } from "./settings.js";
import { decode } from "./state.js";
import { KINDS, STAGES } from "./words.js";

/** One plugin in one sandbox: empty, then configured. It speaks the contract's own shapes. */
export class Instance {
  #plugin;
  #settings;
  #configured;

  /** @param {object} plugin see `Plugin` in index.d.ts */
  constructor(plugin) {
    this.#plugin = plugin;
    this.#settings = object(plugin.settings ?? {});
  }

  /** `guard.describe` */
  describe() {
    const manifest = this.#configured?.manifest ?? this.#manifest(parse(this.#settings, ""));
    const schema = { $schema: "https://json-schema.org/draft/2020-12/schema", ...this.#settings.schema };
    return { ...manifest, settingsSchema: JSON.stringify(schema) };
  }

  /**
   * `guard.configure`
   *
   * @throws {PolicyError} where the settings are refused
   */
  configure(json, data) {
    if (this.#configured) {
      throw new PolicyError("the plugin is configured already\nhint: that is the host's mistake");
    }
    const settings = parse(this.#settings, json);
    const manifest = this.#manifest(settings);
    this.#configured = { manifest, own: this.#plugin.configure(settings, data) };
  }

  /**
   * `guard.inspect`
   *
   * @throws {PolicyError} where the plugin cannot judge, or is not configured
   */
  inspect(context, segments, state) {
    if (!this.#configured) throw new PolicyError("the plugin is not configured\nhint: that is the host's mistake");
    const report = new Report(this.#configured.manifest.rules);
    const call = {
      context: { ...context, attribute: (name) => context.attributes?.find(([key]) => key === name)?.[1] },
      segments: segments.map((segment) => new Segment(segment)),
      state: (standard) => (state.length === 0 ? standard : decode(state)),
    };
    this.#plugin.inspect(this.#configured.own, call, report);
    return report.raw;
  }

  #manifest(settings) {
    const said = this.#plugin.manifest(settings);
    const rules = (said.rules ?? []).map((rule) => ({
      id: rule.id,
      title: rule.title,
      severity: rule.severity ?? "medium",
      category: rule.category ?? null,
      window: rule.window ?? null,
    }));
    return {
      name: said.name,
      version: said.version,
      description: said.description,
      stages: [...(said.stages ?? STAGES)],
      kinds: [...(said.kinds ?? KINDS.filter((kind) => kind !== "structured"))],
      scope: said.scope ?? "segment",
      rules,
      attributes: said.attributes ?? [],
    };
  }
}
