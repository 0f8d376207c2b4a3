//! Imports by the hundred, as third parties would write them: each with an interface and a state of its own.

use std::fmt::Write as _;
use std::sync::Arc;
use wippy_host::{
    HostImport, HostImportSlot, ImportLinker, ImportMeta, Interface, NoConfig, Registration, Result, SetupContext,
    Slot, StateContext, async_trait,
};

const ROWS: usize = 12;
const COLUMNS: usize = 16;

/// How many there are.
pub(super) const EXTRA: usize = ROWS * COLUMNS;

/// The import of this row and column.
struct Extra<const ROW: usize, const COLUMN: usize>;

impl<const ROW: usize, const COLUMN: usize> Extra<ROW, COLUMN> {
    const INTERFACE_BYTES: [u8; 20] = {
        let (mut bytes, number) = (*b"bench:extra000/count", ROW * COLUMNS + COLUMN);
        bytes[11] += (number / 100) as u8;
        bytes[12] += (number / 10 % 10) as u8;
        bytes[13] += (number % 10) as u8;
        bytes
    };
    const INTERFACE: &str = text(&Self::INTERFACE_BYTES);
    const NAME: &str = text(Self::INTERFACE_BYTES.split_at(14).0);
}

const fn text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("a name of ASCII"),
    }
}

/// A static of a generic function would be one for all of them.
static SLOTS: [Slot<u32>; EXTRA] = [const { Slot::new() }; EXTRA];

impl<const ROW: usize, const COLUMN: usize> HostImportSlot for Extra<ROW, COLUMN> {
    type SlotState = u32;

    fn slot() -> &'static Slot<u32> {
        &SLOTS[ROW * COLUMNS + COLUMN]
    }
}

#[async_trait]
impl<const ROW: usize, const COLUMN: usize> HostImport for Extra<ROW, COLUMN> {
    const META: ImportMeta =
        ImportMeta::new(Self::NAME, "Counts").with_interfaces(&[Interface::new(Self::INTERFACE, "1.0.0")]);
    type Config = NoConfig;
    type Shared = ();
    type State = u32;

    async fn setup(_: &SetupContext<'_>, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        let interface = format!("{}@1.0.0", Self::INTERFACE);
        linker.interface(&interface, |linker| {
            linker.instance(&interface)?.func_wrap("next", |mut store, (): ()| {
                let count = store.data_mut().state::<Self>();
                *count += 1;
                Ok((*count,))
            })
        })
    }

    fn state(_: &mut StateContext<'_>, _: &Arc<()>) -> Result<u32> {
        Ok(0)
    }
}

/// The first so many.
pub(super) fn imports(count: usize) -> impl Iterator<Item = Registration> {
    macro_rules! rows {
        ($($row:literal)*) => { [$(row::<$row>()),*] };
    }
    rows![0 1 2 3 4 5 6 7 8 9 10 11].into_iter().flatten().take(count)
}

fn row<const ROW: usize>() -> [Registration; COLUMNS] {
    macro_rules! columns {
        ($($column:literal)*) => { [$(Registration::new::<Extra<ROW, $column>>()),*] };
    }
    columns![0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15]
}

/// A component that imports the first so many, and exports `run`.
pub(super) fn user(count: usize) -> String {
    let mut component = "(component\n".to_owned();
    for import in imports(count) {
        let [interface] = import.meta().interfaces else { unreachable!() };
        let name = interface.full_name();
        writeln!(component, r#"  (import "{name}" (instance (export "next" (func (result u32)))))"#).unwrap();
    }
    component
        + r#"  (core module $m (func (export "run")))
  (core instance $i (instantiate $m))
  (func (export "run") (canon lift (core func $i "run"))))"#
}
