;; A message that is not UTF-8.
;; part: inspect
  (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
    (if (call $told (local.get $arguments)) (then
      (call $aim (local.get $arguments))
      (i32.store (i32.const 4116) (i32.const 8192))
      (i32.store (i32.const 4120) (i32.const 1))
      (i32.store (i32.const 12288) (i32.const 0xfffe41ff))
      (i32.store (i32.const 8232) (i32.const 12288))
      (i32.store (i32.const 8236) (i32.const 4))))
    (i32.const 4112))
