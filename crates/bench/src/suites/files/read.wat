;; Reads the file `large` of the first mount to its end, in pieces of 64 KiB.
(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 2)
    (data (i32.const 0) "large")
    ;; Where a piece goes: at 65,536, of as many bytes.
    (data (i32.const 16) "\00\00\01\00\00\00\01\00")
    (func (export "_start")
        (if (call $open
                (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 0)
                (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32))
            (then unreachable))
        (loop $more
            (if (call $read (i32.load (i32.const 32)) (i32.const 16) (i32.const 1) (i32.const 36)) (then unreachable))
            (br_if $more (i32.load (i32.const 36))))))
