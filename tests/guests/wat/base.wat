(module
;; part: imports
;; part: memory
  (memory (export "memory") 2)
;; part: globals
  (global $next (mut i32) (i32.const 65536))
;; part: data
  ;; The manifest: 68 bytes at 1024. See `record manifest` in the contract.
  (data (i32.const 1024)
    "\00\08\00\00" "\07\00\00\00"  ;; name
    "\10\08\00\00" "\05\00\00\00"  ;; version
    "\00\00\00\00" "\00\00\00\00"  ;; description
    "\20\08\00\00" "\03\00\00\00"  ;; stages
    "\30\08\00\00" "\0b\00\00\00"  ;; kinds
    "\01\00\00\00"                 ;; scope: stage
    "\00\05\00\00" "\01\00\00\00"  ;; rules
    "\00\00\00\00" "\00\00\00\00"  ;; settings-schema
    "\00\00\00\00" "\00\00\00\00") ;; attributes
  ;; Its only rule: 40 bytes at 1280.
  (data (i32.const 1280)
    "\40\08\00\00" "\04\00\00\00"  ;; id
    "\40\08\00\00" "\04\00\00\00"  ;; title
    "\01\00\00\00"                 ;; severity: low
    "\00\00\00\00" "\00\00\00\00" "\00\00\00\00"
    "\00\00\00\00" "\00\00\00\00")
  (data (i32.const 2048) "hostile")
  (data (i32.const 2064) "1.0.0")
  (data (i32.const 2080) "\00\01\02")
  (data (i32.const 2096) "\00\01\02\03\04\05\06\07\08\09\0a")
  (data (i32.const 2112) "seen")
  ;; What `configure` returns: ok. 12 bytes at 4096.
  (data (i32.const 4096) "\00\00\00\00")
  ;; What `inspect` returns: an empty report. 48 bytes at 4112.
  (data (i32.const 4112) "\00\00\00\00")
  ;; A finding that breaks no rule, for variants: 72 bytes at 8192.
  (data (i32.const 8192)
    "\40\08\00\00" "\04\00\00\00"          ;; rule
    "\01\00\00\00" "\00\00\00\00"          ;; severity: low
    "\00\00\00\00\00\00\f0\3f"             ;; confidence: 1
    "\00\00\00\00"                         ;; segment
    "\00\00\00\00" "\00\00\00\00" "\00\00\00\00"
    "\00\00\00\00" "\00\00\00\00"          ;; message
    "\00\00\00\00" "\00\00\00\00" "\00\00\00\00"
    "\00\00\00\00" "\00\00\00\00")         ;; attributes
;; part: start
;; part: realloc
  (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (block $enough
      (loop $grow
        (br_if $enough
          (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
        unreachable))
    (local.get $at))
;; part: describe
  (func (export "caponier:policy/guard@0.1.0#describe") (result i32)
    (i32.const 1024))
;; part: configure
  (func (export "caponier:policy/guard@0.1.0#configure") (param i32 i32) (result i32)
    (i32.const 4096))
;; part: told
  ;; How many texts are shown: the host's warm-up shows more than one, the tests show one.
  (func $told (param $arguments i32) (result i32)
    (i32.eq (i32.load offset=92 (local.get $arguments)) (i32.const 1)))
  ;; Makes the finding one about the first text.
  (func $aim (param $arguments i32)
    (i32.store (i32.const 8216) (i32.load (i32.load offset=88 (local.get $arguments)))))
;; part: inspect
  (func (export "caponier:policy/guard@0.1.0#inspect") (param $arguments i32) (result i32)
    (i32.const 4112))
;; part: after
;; part: end
)
