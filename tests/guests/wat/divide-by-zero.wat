;; A division that no compiler has guarded.
;; part: inspect
  (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
    (if (call $told (local.get $arguments)) (then
      (drop (i32.div_s (i32.const 1) (i32.sub (memory.size) (memory.size))))))
    (i32.const 4112))
