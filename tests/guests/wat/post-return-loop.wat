;; The clean-up after `inspect` never ends.
;; part: inspect
  (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
    (if (call $told (local.get $arguments)) (then
      (global.set $next (i32.const -1))))
    (i32.const 4112))
;; part: after
  (func (export "cabi_post_caponier:policy/guard@0.1.0#inspect") (param i32)
    (if (i32.eq (global.get $next) (i32.const -1)) (then
      (loop $ever (br $ever)))))
