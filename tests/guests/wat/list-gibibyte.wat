;; A list that claims to be 1 GiB long.
;; part: inspect
  (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
    (if (call $told (local.get $arguments)) (then
      (i32.store (i32.const 4116) (i32.const 8192))
      (i32.store (i32.const 4120) (i32.const 14913081))))
    (i32.const 4112))
