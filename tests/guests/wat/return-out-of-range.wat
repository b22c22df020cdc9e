;; What `inspect` returns lies behind the end of memory.
;; part: inspect
  (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
    (if (call $told (local.get $arguments)) (then
      (return (i32.const -16))))
    (i32.const 4112))
