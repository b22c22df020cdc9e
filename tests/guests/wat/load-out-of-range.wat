;; A read behind the end of memory.
;; part: inspect
  (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
    (if (call $told (local.get $arguments)) (then
      (drop (i32.load (i32.const -4)))))
    (i32.const 4112))
