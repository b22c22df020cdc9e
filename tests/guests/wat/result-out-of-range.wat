;; What `inspect` returns is neither a report nor an error.
;; part: inspect
  (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
    (if (call $told (local.get $arguments)) (then
      (i32.store8 (i32.const 4112) (i32.const 5))))
    (i32.const 4112))
