;; The module never ends being instantiated.
;; part: start
  (func $start (loop $ever (br $ever)))
  (start $start)
