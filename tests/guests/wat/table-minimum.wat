;; A table of 50 million functions from the start.
;; part: memory
  (memory (export "memory") 2)
  (table 50000000 funcref)
