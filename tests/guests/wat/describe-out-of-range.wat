;; The manifest lies behind the end of memory.
;; part: describe
  (func (export "caponier:policy/guard@0.1.0#describe") (result i32)
    (i32.const -8))
