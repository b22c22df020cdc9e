;; Reads LZMA, without the header and with lc, lp and pb of 0, as `unpack` lays it out: what is read and
;; what is written are in one memory.
(module
  (memory 0)
  (global $range (mut i32) (i32.const 0))
  (global $code (mut i32) (i32.const 0))
  (global $next (mut i32) (i32.const 0))

  ;; Keeps the range at 2^24 and more.
  (func $normalize
    (if (i32.lt_u (global.get $range) (i32.const 0x1000000))
      (then
        (global.set $range (i32.shl (global.get $range) (i32.const 8)))
        (global.set $code
          (i32.or
            (i32.shl (global.get $code) (i32.const 8))
            (i32.load8_u (global.get $next))))
        (global.set $next (i32.add (global.get $next) (i32.const 1))))))

  ;; A bit whose probability stands at an address.
  (func $bit (param $at i32) (result i32)
    (local $probability i32) (local $bound i32) (local $bit i32)
    (local.set $probability (i32.load16_u (local.get $at)))
    (local.set $bound
      (i32.mul (i32.shr_u (global.get $range) (i32.const 11)) (local.get $probability)))
    (if (i32.lt_u (global.get $code) (local.get $bound))
      (then
        (global.set $range (local.get $bound))
        (i32.store16 (local.get $at)
          (i32.add (local.get $probability)
            (i32.shr_u
              (i32.sub (i32.const 0x800) (local.get $probability))
              (i32.const 5)))))
      (else
        (global.set $range (i32.sub (global.get $range) (local.get $bound)))
        (global.set $code (i32.sub (global.get $code) (local.get $bound)))
        (i32.store16 (local.get $at)
          (i32.sub (local.get $probability)
            (i32.shr_u (local.get $probability) (i32.const 5))))
        (local.set $bit (i32.const 1))))
    (call $normalize)
    (local.get $bit))

  ;; Bits of even probability, the highest first.
  (func $direct (param $bits i32) (result i32)
    (local $value i32) (local $bit i32)
    (loop $more
      (global.set $range (i32.shr_u (global.get $range) (i32.const 1)))
      (local.set $bit (i32.ge_u (global.get $code) (global.get $range)))
      (if (local.get $bit)
        (then (global.set $code (i32.sub (global.get $code) (global.get $range)))))
      (call $normalize)
      (local.set $value
        (i32.or (i32.shl (local.get $value) (i32.const 1)) (local.get $bit)))
      (br_if $more (local.tee $bits (i32.sub (local.get $bits) (i32.const 1)))))
    (local.get $value))

  ;; Goes down a tree from a node to the first number that is not below the limit.
  (func $descend (param $tree i32) (param $node i32) (param $limit i32) (result i32)
    (block $end
      (loop $more
        (br_if $end (i32.ge_u (local.get $node) (local.get $limit)))
        (local.set $node
          (i32.or
            (i32.shl (local.get $node) (i32.const 1))
            (call $bit
              (i32.add (local.get $tree) (i32.shl (local.get $node) (i32.const 1))))))
        (br $more)))
    (local.get $node))

  ;; A number of so many values.
  (func $tree (param $tree i32) (param $values i32) (result i32)
    (i32.sub
      (call $descend (local.get $tree) (i32.const 1) (local.get $values))
      (local.get $values)))

  ;; A number of some bits, the lowest first.
  (func $reversed (param $tree i32) (param $bits i32) (result i32)
    (local $node i32) (local $place i32) (local $bit i32) (local $value i32)
    (local.set $node (i32.const 1))
    (loop $more
      (local.set $bit
        (call $bit (i32.add (local.get $tree) (i32.shl (local.get $node) (i32.const 1)))))
      (local.set $node (i32.or (i32.shl (local.get $node) (i32.const 1)) (local.get $bit)))
      (local.set $value
        (i32.or (local.get $value) (i32.shl (local.get $bit) (local.get $place))))
      (local.set $place (i32.add (local.get $place) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $place) (local.get $bits))))
    (local.get $value))

  ;; A length beyond the shortest. Two choices, then trees of 8, 8 and 256.
  (func $length (param $at i32) (result i32)
    (if (i32.eqz (call $bit (local.get $at)))
      (then (return (call $tree (i32.add (local.get $at) (i32.const 4)) (i32.const 8)))))
    (if (i32.eqz (call $bit (i32.add (local.get $at) (i32.const 2))))
      (then
        (return
          (i32.add (i32.const 8)
            (call $tree (i32.add (local.get $at) (i32.const 20)) (i32.const 8))))))
    (i32.add (i32.const 16)
      (call $tree (i32.add (local.get $at) (i32.const 36)) (i32.const 256))))

  ;; How far back a match of this length is, less one.
  (func $distance (param $tables i32) (param $length i32) (result i32)
    (local $slot i32) (local $bits i32) (local $base i32)
    (local.set $slot
      (call $tree
        (i32.add
          (i32.add (local.get $tables) (i32.const 144))
          (i32.shl
            (select (local.get $length) (i32.const 3)
              (i32.lt_u (local.get $length) (i32.const 3)))
            (i32.const 7)))
        (i32.const 64)))
    (if (i32.lt_u (local.get $slot) (i32.const 4)) (then (return (local.get $slot))))
    (local.set $bits
      (i32.sub (i32.shr_u (local.get $slot) (i32.const 1)) (i32.const 1)))
    (local.set $base
      (i32.shl
        (i32.or (i32.and (local.get $slot) (i32.const 1)) (i32.const 2))
        (local.get $bits)))
    (if (i32.lt_u (local.get $slot) (i32.const 14))
      (then
        (return
          (i32.add (local.get $base)
            (call $reversed
              (i32.add
                (i32.add (local.get $tables) (i32.const 656))
                (i32.shl
                  (i32.sub (local.get $base) (local.get $slot))
                  (i32.const 1)))
              (local.get $bits))))))
    (i32.add
      (i32.add (local.get $base)
        (i32.shl
          (call $direct (i32.sub (local.get $bits) (i32.const 4)))
          (i32.const 4)))
      (call $reversed (i32.add (local.get $tables) (i32.const 888)) (i32.const 4))))

  ;; A literal after a match: the byte that would have followed it tells something of this one.
  (func $literal (param $tree i32) (param $likely i32) (result i32)
    (local $node i32) (local $expected i32) (local $bit i32)
    (local.set $node (i32.const 1))
    (block $end
      (loop $more
        (local.set $expected
          (i32.and (i32.shr_u (local.get $likely) (i32.const 7)) (i32.const 1)))
        (local.set $likely (i32.shl (local.get $likely) (i32.const 1)))
        (local.set $bit
          (call $bit
            (i32.add (local.get $tree)
              (i32.shl
                (i32.add
                  (i32.shl (i32.add (local.get $expected) (i32.const 1)) (i32.const 8))
                  (local.get $node))
                (i32.const 1)))))
        (local.set $node (i32.or (i32.shl (local.get $node) (i32.const 1)) (local.get $bit)))
        (br_if $end (i32.ne (local.get $bit) (local.get $expected)))
        (br_if $more (i32.lt_u (local.get $node) (i32.const 256)))))
    (call $descend (local.get $tree) (local.get $node) (i32.const 256)))

  ;; Reads from one address, writes from another up to an end. The tables of probabilities take 3552
  ;; bytes: in entries of two bytes, those of each of twelve states at 0 (match), 12 (repeated), 24, 36, 48
  ;; (which of the last four distances) and 60 (more than one byte); distances at 72 (trees of 64 by
  ;; length), 328 and 444; lengths at 460, repeated ones at 734; literals at 1008.
  (func (export "unpack") (param $from i32) (param $to i32) (param $end i32) (param $tables i32)
    (local $state i32) (local $at i32) (local $length i32) (local $back i32)
    (local $last i32) (local $second i32) (local $third i32) (local $fourth i32)
    ;; The first byte is always 0.
    (global.set $range (i32.const -1))
    (global.set $code (i32.const 0))
    (global.set $next (i32.add (local.get $from) (i32.const 1)))
    (loop $more
      (global.set $code
        (i32.or
          (i32.shl (global.get $code) (i32.const 8))
          (i32.load8_u (global.get $next))))
      (global.set $next (i32.add (global.get $next) (i32.const 1)))
      (br_if $more
        (i32.lt_u (global.get $next) (i32.add (local.get $from) (i32.const 5)))))
    ;; All are as likely as not: 1024 of 2048.
    (loop $more
      (i32.store16 (i32.add (local.get $tables) (local.get $at)) (i32.const 1024))
      (local.set $at (i32.add (local.get $at) (i32.const 2)))
      (br_if $more (i32.lt_u (local.get $at) (i32.const 3552))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (local.set $at
          (i32.add (local.get $tables) (i32.shl (local.get $state) (i32.const 1))))
        (if (i32.eqz (call $bit (local.get $at)))
          (then
            (local.set $at (i32.add (local.get $tables) (i32.const 2016)))
            (i32.store8 (local.get $to)
              (if (result i32) (i32.lt_u (local.get $state) (i32.const 7))
                (then (call $tree (local.get $at) (i32.const 256)))
                (else
                  (call $literal (local.get $at)
                    (i32.load8_u
                      (i32.sub
                        (i32.sub (local.get $to) (local.get $last))
                        (i32.const 1)))))))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (local.set $state
              (if (result i32) (i32.lt_u (local.get $state) (i32.const 10))
                (then
                  (select
                    (i32.const 0)
                    (i32.sub (local.get $state) (i32.const 3))
                    (i32.lt_u (local.get $state) (i32.const 4))))
                (else (i32.sub (local.get $state) (i32.const 6)))))
            (br $next)))
        (if (call $bit (i32.add (local.get $at) (i32.const 24)))
          (then
            (block $long
              (if (call $bit (i32.add (local.get $at) (i32.const 48)))
                (then
                  (if (call $bit (i32.add (local.get $at) (i32.const 72)))
                    (then
                      (if (call $bit (i32.add (local.get $at) (i32.const 96)))
                        (then
                          (local.set $back (local.get $fourth))
                          (local.set $fourth (local.get $third)))
                        (else (local.set $back (local.get $third))))
                      (local.set $third (local.get $second)))
                    (else (local.set $back (local.get $second))))
                  (local.set $second (local.get $last))
                  (local.set $last (local.get $back))
                  (br $long)))
              (br_if $long (call $bit (i32.add (local.get $at) (i32.const 120))))
              (i32.store8 (local.get $to)
                (i32.load8_u
                  (i32.sub (i32.sub (local.get $to) (local.get $last)) (i32.const 1))))
              (local.set $to (i32.add (local.get $to) (i32.const 1)))
              (local.set $state
                (select
                  (i32.const 9)
                  (i32.const 11)
                  (i32.lt_u (local.get $state) (i32.const 7))))
              (br $next))
            (local.set $length
              (call $length (i32.add (local.get $tables) (i32.const 1468))))
            (local.set $state
              (select
                (i32.const 8)
                (i32.const 11)
                (i32.lt_u (local.get $state) (i32.const 7)))))
          (else
            (local.set $fourth (local.get $third))
            (local.set $third (local.get $second))
            (local.set $second (local.get $last))
            (local.set $length (call $length (i32.add (local.get $tables) (i32.const 920))))
            (local.set $last (call $distance (local.get $tables) (local.get $length)))
            (local.set $state
              (select
                (i32.const 7)
                (i32.const 10)
                (i32.lt_u (local.get $state) (i32.const 7))))))
        ;; The shortest match is of two bytes.
        (local.set $length
          (i32.add (i32.add (local.get $to) (local.get $length)) (i32.const 2)))
        (loop $more
          (i32.store8 (local.get $to)
            (i32.load8_u
              (i32.sub (i32.sub (local.get $to) (local.get $last)) (i32.const 1))))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (br_if $more (i32.lt_u (local.get $to) (local.get $length))))
        (br $next)))))
