;; Reads the environment through WASI and reports a finding if there is one.
;; part: world
import wasi:cli/environment@0.2.0;
;; part: package
package wasi:cli@0.2.0 {
  interface environment {
    get-environment: func() -> list<tuple<string, string>>;
    get-arguments: func() -> list<string>;
  }
}
;; part: imports
  (import "wasi:cli/environment@0.2.0" "get-environment" (func $environment (param i32)))
  (import "wasi:cli/environment@0.2.0" "get-arguments" (func $arguments (param i32)))
;; part: inspect
  (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
    (if (call $told (local.get $arguments)) (then
      (call $environment (i32.const 16384))
      (call $arguments (i32.const 16392))
      (if (i32.or (i32.load (i32.const 16388)) (i32.load (i32.const 16396))) (then
        (call $aim (local.get $arguments))
        (i32.store (i32.const 4116) (i32.const 8192))
        (i32.store (i32.const 4120) (i32.const 1))))))
    (i32.const 4112))
