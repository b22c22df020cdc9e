;; More than 1 GiB of memory from the start.
;; part: memory
  (memory (export "memory") 20000)
