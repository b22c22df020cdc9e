//! The module's face: callbacks from Envoy to the [`Filter`] of their stream.

use std::rc::Rc;

use caponier_core::{Fault, FaultKind, Report};
use caponier_decide::{GuestCall, Guests, Packed};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

use crate::filter::{Filter, Flow};
use crate::host::{Host, Level};
use crate::root::Root;
use crate::sys::{self, Envoy};

#[expect(
    unsafe_code,
    reason = "the name of the function that Envoy calls first must not be changed by the compiler"
)]
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

/// The packed plugins.
struct Plugins;

impl Guests for Plugins {
    type Memo = ();

    fn inspect(&self, _: &GuestCall<'_>, (): &mut ()) -> Result<Report, Fault> {
        Err(Fault::new(FaultKind::Refused, "there is no such plugin"))
    }
}

/// One configuration of the filter.
struct Configured {
    root: Option<Rc<Root<Plugins>>>,
}

impl Context for Configured {}

impl RootContext for Configured {
    fn on_configure(&mut self, size: usize) -> bool {
        let packed = Packed::from_json(&sys::configuration(size));
        match packed.and_then(|packed| Root::new(packed, Plugins)) {
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
