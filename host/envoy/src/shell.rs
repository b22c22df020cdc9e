//! The module's face: callbacks from Envoy to the [`Filter`] of their stream.

use std::rc::Rc;

use caponier_decide::{Packed, Unusable};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

use crate::filter::{Filter, Flow};
use crate::host::{Host, Level};
use crate::root::Root;
use crate::sys::{self, Envoy};

mod start {
    proxy_wasm::main! {{
        std::panic::set_hook(Box::new(|panic| {
            use crate::host::Host as _;
            // Where, and not what: a message could quote text.
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            crate::sys::Envoy.log(crate::host::Level::Error, &format!("panic at {place}"));
        }));
        proxy_wasm::set_root_context(|_| Box::new(super::Configured { root: None }));
    }}
}

#[cfg(feature = "packed")]
use crate::guests::Plugins;

/// A shell alone has no plugins.
#[cfg(not(feature = "packed"))]
struct Plugins;

#[cfg(not(feature = "packed"))]
impl caponier_decide::Guests for Plugins {
    type Memo = ();

    fn inspect(
        &self,
        _: &caponier_decide::GuestCall<'_>,
        (): &mut (),
    ) -> Result<caponier_core::Report, caponier_core::Fault> {
        Err(caponier_core::Fault::new(
            caponier_core::FaultKind::Refused,
            "there is no such plugin",
        ))
    }
}

/// What was packed beside the shell. What Envoy's configuration says of the shell replaces what was
/// packed of that.
#[cfg(feature = "packed")]
fn read(configuration: &[u8]) -> Result<(Packed, Plugins), Unusable> {
    let mut packed = Packed::from_json(&caponier_abi::config())?;
    let count = usize::try_from(caponier_abi::Packed::count()).unwrap_or(0);
    if count != packed.plugins.len() {
        let named = packed.plugins.len();
        let why = format!("{named} plugins are named and {count} are there");
        return Err(Unusable::Form(why));
    }
    if !configuration.is_empty() {
        packed.shell = serde_json::from_slice(configuration)
            .map_err(|error| Unusable::Form(error.to_string()))?;
    }
    let plugins = Plugins(packed.plugins.clone());
    Ok((packed, plugins))
}

/// Everything is in Envoy's configuration.
#[cfg(not(feature = "packed"))]
fn read(configuration: &[u8]) -> Result<(Packed, Plugins), Unusable> {
    Ok((Packed::from_json(configuration)?, Plugins))
}

/// One configuration of the filter.
struct Configured {
    root: Option<Rc<Root<Plugins>>>,
}

impl Context for Configured {}

impl RootContext for Configured {
    fn on_configure(&mut self, size: usize) -> bool {
        let read = read(&sys::configuration(size));
        match read.and_then(|(packed, plugins)| Root::new(&Envoy, packed, plugins)) {
            Ok(root) => {
                Envoy.log(Level::Info, &format!("revision {}", root.revision()));
                self.root = Some(Rc::new(root));
                true
            }
            Err(error) => {
                Envoy.log(Level::Error, &error.to_string());
                false
            }
        }
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(match &self.root {
            Some(root) => Box::new(Stream(Filter::new(Envoy, Rc::clone(root)))),
            None => Box::new(Unconfigured),
        })
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// A stream without a policy: nothing passes.
struct Unconfigured;

impl Context for Unconfigured {}

impl HttpContext for Unconfigured {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        Envoy.respond(503, &[], b"no policy");
        Action::Pause
    }

    fn on_http_request_body(&mut self, _: usize, _: bool) -> Action {
        Action::Pause
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        Action::Pause
    }
}

/// One stream.
struct Stream(Filter<Envoy, Plugins>);

fn action(flow: Flow) -> Action {
    match flow {
        Flow::Continue => Action::Continue,
        Flow::Pause => Action::Pause,
    }
}

impl Context for Stream {
    fn on_done(&mut self) -> bool {
        self.0.on_done();
        true
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, is_end: bool) -> Action {
        action(self.0.on_request_headers(is_end))
    }

    fn on_http_request_body(&mut self, size: usize, is_end: bool) -> Action {
        action(self.0.on_request_body(size, is_end))
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        action(self.0.on_request_trailers())
    }

    fn on_http_response_headers(&mut self, _: usize, is_end: bool) -> Action {
        action(self.0.on_response_headers(is_end))
    }

    fn on_http_response_body(&mut self, size: usize, is_end: bool) -> Action {
        action(self.0.on_response_body(size, is_end))
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        action(self.0.on_response_trailers())
    }
}
