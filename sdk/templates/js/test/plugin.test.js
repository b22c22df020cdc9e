import assert from "node:assert/strict";
import { test } from "node:test";

import { Harness } from "../caponier/js/lib/testing.js";
import MyPlugin from "../src/plugin.js";

test("a badge number is found", () => {
  assert.deepEqual(new Harness(MyPlugin).prompt("Zoë: BADGE-123456."), [["badge", "BADGE-123456"]]);
  assert.deepEqual(new Harness(MyPlugin).prompt("BADGE-1234567 XBADGE-123456"), []);
});

test("another prefix", () => {
  assert.deepEqual(new Harness(MyPlugin, { prefix: "№" }).prompt("№123456"), [["badge", "№123456"]]);
  assert.throws(() => new Harness(MyPlugin, { prefix: "" }), /settings\.prefix/);
});

test("a number that comes in pieces is held", () => {
  const text = "See BADGE-123456";
  for (let cut = 5; cut <= text.length; cut++) {
    const report = new Harness(MyPlugin).inspect("output", [{ id: 1, text: text.slice(0, cut), open: true }]);
    assert.equal(report.holds[0].start, 4);
  }
});
