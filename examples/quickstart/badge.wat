;; A title in a frame, as a component written by hand:
;;
;;   badge: func(title: string) -> string
;;
;; A string crosses into the guest as a pointer and a length, in memory that the guest hands out through its
;; `realloc`. A string result is a pointer to such a pair; `post-return` runs once the host has copied it out.
(component
  (core module $code
    (memory (export "memory") 1)

    ;; Memory is handed out upwards from here and all taken back after each call.
    (global $start i32 (i32.const 16))
    (global $next (mut i32) (i32.const 16))

    ;; Reserves `size` bytes. Alignment is not needed: everything here is bytes, but for the result pair at address 0.
    (func $reserve (param $size i32) (result i32)
      (local $at i32)
      (local $missing i32)
      (local.set $at (global.get $next))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      ;; Wrapped around: more than 4 GiB were asked for.
      (if (i32.lt_u (global.get $next) (local.get $at)) (then unreachable))
      (local.set $missing
        (i32.sub
          (i32.add (i32.shr_u (global.get $next) (i32.const 16)) (i32.const 1))
          (memory.size)))
      (if (i32.gt_s (local.get $missing) (i32.const 0))
        (then
          (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then unreachable))))
      (local.get $at))

    ;; The canonical ABI's allocator. The host asks for fresh memory only, as nothing here ever grows a string.
    (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
      (call $reserve (local.get $size)))

    ;; Characters, not bytes: every byte but the continuation bytes of UTF-8 (10xxxxxx) begins one.
    (func $width (param $at i32) (param $length i32) (result i32)
      (local $end i32)
      (local $count i32)
      (local.set $end (i32.add (local.get $at) (local.get $length)))
      (block $done
        (loop $next_byte
          (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
          (local.set $count
            (i32.add
              (local.get $count)
              (i32.ne (i32.and (i32.load8_u (local.get $at)) (i32.const 0xc0)) (i32.const 0x80))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next_byte)))
      (local.get $count))

    ;; Appends one byte.
    (func $put (param $byte i32)
      (i32.store8 (call $reserve (i32.const 1)) (local.get $byte)))

    ;; Appends `+----+`, as wide as the title and a space on either side.
    (func $edge (param $width i32)
      (local $dashes i32)
      (local.set $dashes (i32.add (local.get $width) (i32.const 2)))
      (call $put (i32.const 43)) ;; +
      (loop $dash
        (call $put (i32.const 45)) ;; -
        (local.set $dashes (i32.sub (local.get $dashes) (i32.const 1)))
        (br_if $dash (local.get $dashes)))
      (call $put (i32.const 43)))

    (func (export "badge") (param $title i32) (param $length i32) (result i32)
      (local $frame i32)
      (local $width i32)
      (local.set $width (call $width (local.get $title) (local.get $length)))
      (local.set $frame (global.get $next))
      (call $edge (local.get $width))
      (call $put (i32.const 10))  ;; line feed
      (call $put (i32.const 124)) ;; |
      (call $put (i32.const 32))  ;; space
      (memory.copy (call $reserve (local.get $length)) (local.get $title) (local.get $length))
      (call $put (i32.const 32))
      (call $put (i32.const 124))
      (call $put (i32.const 10))
      (call $edge (local.get $width))
      ;; The result pair: where the frame begins, and how long it is.
      (i32.store (i32.const 0) (local.get $frame))
      (i32.store (i32.const 4) (i32.sub (global.get $next) (local.get $frame)))
      (i32.const 0))

    (func (export "post-return") (param i32)
      (global.set $next (global.get $start))))

  (core instance $instance (instantiate $code))
  (alias core export $instance "memory" (core memory $memory))
  (alias core export $instance "realloc" (core func $realloc))
  (alias core export $instance "badge" (core func $badge))
  (alias core export $instance "post-return" (core func $post_return))

  (type $badge_type (func (param "title" string) (result string)))
  (func (export "badge") (type $badge_type)
    (canon lift (core func $badge) (memory $memory) (realloc $realloc) (post-return $post_return))))
