;; `describe` fails.
;; part: describe
  (func (export "caponier:policy/guard@0.1.0#describe") (result i32)
    unreachable)
