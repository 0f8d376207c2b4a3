//! The imports that a function's code uses.

use crate::import::Granted;
use crate::slot::Slot;

/// The imports, each with what its setup made for the entry.
pub(crate) struct Imports {
    granted: Vec<Box<dyn Granted>>,
    /// Where each is, by its slot.
    places: Vec<Option<usize>>,
    /// What the code imports of them: interfaces of a component, modules of a core module.
    used: Vec<&'static str>,
    pub(crate) is_module: bool,
    /// Whether it imports functions that are not granted.
    pub(crate) denies: bool,
}

impl Imports {
    pub(crate) fn new(granted: Vec<Box<dyn Granted>>, used: Vec<&'static str>, is_module: bool, denies: bool) -> Self {
        let mut places = Vec::new();
        for (place, import) in granted.iter().enumerate() {
            let slot = import.slot();
            if places.len() <= slot {
                places.resize(slot + 1, None);
            }
            if let Some(free) = places.get_mut(slot) {
                *free = Some(place);
            }
        }
        Self { granted, places, used, is_module, denies }
    }

    pub(crate) fn granted(&self) -> impl Iterator<Item = &dyn Granted> {
        self.granted.iter().map(|import| &**import)
    }

    pub(crate) fn uses(&self, name: &str) -> bool {
        self.used.contains(&name)
    }

    /// What the setup of the import with this slot made.
    pub(crate) fn shared<S: Send + 'static, T: 'static>(&self, slot: &Slot<S>) -> Option<&T> {
        let place = (*self.places.get(slot.index())?)?;
        self.granted.get(place)?.shared().downcast_ref()
    }
}
