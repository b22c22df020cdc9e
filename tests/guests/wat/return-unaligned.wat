;; What `inspect` returns begins at an odd address.
;; part: inspect
  (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
    (if (call $told (local.get $arguments)) (then
      (return (i32.const 4113))))
    (i32.const 4112))
