;; The module fails when it is instantiated.
;; part: start
  (func $start unreachable)
  (start $start)
