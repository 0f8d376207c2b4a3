//! What the entries of one component share: its imports, and its linkers by what they grant. A thousand entries over ten
//! components link ten times.

use crate::assembly::ComponentImports;
use crate::import::{Grants, Registration};
use crate::instance::StoreData;
use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use wasmtime::component::{Component, InstancePre};

/// A component linked with what an entry grants, where none of it is bound to functions: nothing in it is the entry's own.
pub(crate) struct Fit {
    pub(crate) pre: InstancePre<StoreData>,
    /// The interfaces that the component imports and an import provides, granted or not.
    pub(crate) interfaces: Vec<&'static str>,
    /// Whether it imports functions that are not granted.
    pub(crate) denies: bool,
    /// The imports to set up.
    pub(crate) imports: Vec<Registration>,
    /// What the component imports.
    pub(crate) imported: Arc<ComponentImports>,
}

/// Where a component's code is: nobody else's while what is known of it is held, for whoever holds that holds the component.
type Code = usize;

/// What is known of the components that functions are made of. It goes with the last of these functions.
#[derive(Default)]
pub(super) struct Fits {
    imports: Known<Code, ComponentImports>,
    fits: Known<(Code, Grants), Fit>,
}

struct Known<K, V>(Mutex<HashMap<K, Weak<V>>>);

impl Fits {
    /// What a component imports.
    pub(super) fn imports(&self, component: &Component) -> Arc<ComponentImports> {
        let made = || Ok::<_, Infallible>(ComponentImports::of(component));
        match self.imports.get(code(component), made) {
            Ok(imports) => imports,
        }
    }

    /// The component with what `grants` says, linked by `link` where no entry before asked for the same.
    pub(super) fn fit<E>(
        &self,
        component: &Component,
        grants: &Grants,
        link: impl FnOnce() -> Result<Fit, E>,
    ) -> Result<Arc<Fit>, E> {
        self.fits.get((code(component), grants.clone()), link)
    }
}

fn code(component: &Component) -> Code {
    component.image_range().start.addr()
}

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Known<K, V> {
    /// Two that ask at one time may both make it: nobody waits for another's linking.
    fn get<E>(&self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        if let Some(known) = self.lock().get(&key).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let made = Arc::new(make()?);
        let mut known = self.lock();
        // Only where it would grow, so that not all are looked through for each.
        if known.len() == known.capacity() {
            known.retain(|_, known| known.strong_count() > 0);
        }
        known.insert(key, Arc::downgrade(&made));
        Ok(made)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Weak<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
