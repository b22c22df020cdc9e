;; 20 000 findings share one message of 6 MiB: little in the sandbox, 117 GiB outside of it.
;; part: memory
  (memory (export "memory") 200)
;; part: inspect
  (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
    (if (call $told (local.get $arguments)) (then
      (call $aim (local.get $arguments))
      (i32.store (i32.const 8232) (i32.const 0))
      (i32.store (i32.const 8236) (i32.const 6291456))
      (call $repeat (i32.const 6291456) (i32.const 20000))
      (i32.store (i32.const 4116) (i32.const 6291456))
      (i32.store (i32.const 4120) (i32.const 20000))))
    (i32.const 4112))
;; part: after
  ;; Copies the finding to `$at`, `$count` times.
  (func $repeat (param $at i32) (param $count i32)
    (loop $more
      (memory.copy (local.get $at) (i32.const 8192) (i32.const 72))
      (local.set $at (i32.add (local.get $at) (i32.const 72)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br_if $more (local.get $count))))
