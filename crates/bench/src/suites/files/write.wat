;; Writes the new file `written` of PIECES pieces of 64 KiB.
(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (data (i32.const 0) "written")
    ;; Where a piece is: at 65,536, of as many bytes.
    (data (i32.const 16) "\00\00\01\00\00\00\01\00")
    (func (export "_start") (local $left i32)
        (local.set $left (i32.const PIECES))
        (if (call $open
                (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 7) (i32.const 9)
                (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 32))
            (then unreachable))
        (loop $more
            (if (call $write (i32.load (i32.const 32)) (i32.const 16) (i32.const 1) (i32.const 36)) (then unreachable))
            (if (i32.ne (i32.load (i32.const 36)) (i32.const 65536)) (then unreachable))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $more (local.get $left)))))
