//! Imports of this repository keep every promise, on both tracks.

mod clocks {
    use wippy_import_clocks::Clocks;

    wippy_host_test::import_conformance!(
        Clocks,
        wit = ["../../wit/wasi-0.2/io.wit", "../../wit/wasi-0.2/clocks.wit", "../../wit/wasi-0.3/clocks.wit"]
    );
}

mod random {
    use wippy_import_random::Random;

    wippy_host_test::import_conformance!(
        Random,
        wit = ["../../wit/wasi-0.2/random.wit", "../../wit/wasi-0.3/random.wit"]
    );
}
